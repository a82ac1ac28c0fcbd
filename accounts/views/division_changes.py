"""The page of changes of divisions: a preview of the pending ones, a button to apply them, and the applied ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic.base import TemplateResponseMixin

from accounts.actions import apply_division_changes, users_to_move
from accounts.models import User
from changzhi_portal.pages.base import PortalPage
from changzhi_portal.refusals import PortalError
from communities.divisionchanges import ChangePlan, pending_changes, plan_changes
from communities.models import Division, DivisionChange
from periods.models import ReportingPeriod


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One change with the numbers of towns, communities and users it moves."""

    change: DivisionChange
    towns: int
    communities: int
    users: int


class DivisionChanges(TemplateResponseMixin, PortalPage):
    """Preview and application of the changes of the earliest pending day, all of them together."""

    requires = "may_change_divisions"
    title = "区划变更"
    template_name = "accounts/division_changes.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the preview, the later changes and the applied ones."""
        context = self.get_context_data(applied=_applied(), coming=_coming())
        changes = _of_the_first_day()
        if changes:
            context |= _preview(plan_changes(changes))
        return self.render_to_response(context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Apply the changes that the page has shown; if the pending changes are others by now, only show the page again."""
        changes = _of_the_first_day()
        if request.POST.getlist("change") != _keys(changes):
            messages.warning(request, "待应用的变更与刚才显示的不同，请重新核对后再确认。")
            return redirect("accounts:division_changes")
        try:
            applied = apply_division_changes(by=cast(User, request.user), changes=changes)
        except PortalError as error:
            messages.error(request, str(error))
            return redirect("accounts:division_changes")
        for of_day in applied:
            messages.success(
                request,
                f"已应用{of_day.plan.effective_on:%Y-%m-%d}的区划变更：{of_day.plan.number_of_communities}个社区、"
                f"{of_day.users}个账号已转到新的区划。",
            )
        return redirect("accounts:division_changes")


def _of_the_first_day() -> list[DivisionChange]:
    pending = list(pending_changes())
    return [change for change in pending if change.effective_on == pending[0].effective_on]


def _keys(changes: list[DivisionChange]) -> list[str]:
    return [str(change.pk) for change in changes]


def _applied() -> list[DivisionChange]:
    applied = DivisionChange.objects.filter(applied_at__isnull=False).select_related("applied_by")
    return list(applied.order_by("-effective_on", "from_code"))


def _coming() -> list[DivisionChange]:
    """Return the noted changes whose day has not come."""
    waiting = DivisionChange.objects.filter(applied_at__isnull=True).exclude(pk__in=pending_changes().values("pk"))
    return list(waiting.order_by("effective_on", "from_code"))


def _preview(plan: ChangePlan) -> dict[str, Any]:
    users = users_to_move(plan)
    affected = ReportingPeriod.objects.locked().filter(month__gte=plan.effective_on.replace(day=1))
    return {
        "plan": plan,
        "keys": _keys(list(plan.changes)),
        "lines": [_line(plan, change, users) for change in plan.changes],
        "users": users,
        "locked_months": list(affected.order_by("month")),
    }


def _line(plan: ChangePlan, change: DivisionChange, users: list[tuple[User, Division]]) -> PreviewLine:
    """Count what a change moves; a code begins with the code of the division above, so prefixes are compared."""
    old, new = change.from_code, change.to_code
    return PreviewLine(
        change,
        towns=sum(m.old.code.startswith(old) and m.successor.code.startswith(new) for m in plan.towns),
        communities=len(
            {
                m.placement.community_id
                for m in plan.moves
                if m.placement.town.code.startswith(old) and m.town.code.startswith(new)
            }
        ),
        users=sum(user.division.code.startswith(old) and to.code.startswith(new) for user, to in users),
    )
