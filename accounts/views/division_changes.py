"""The page of changes of divisions: a preview of the pending ones, a button to apply them, and the applied ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.urls import reverse

from accounts.actions import apply_division_changes, users_to_move
from accounts.forms import ApplyChangesForm
from accounts.models import User
from changzhi_portal.pages import FormPage
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


class DivisionChanges(FormPage):
    """Preview and application of the changes of the earliest pending day, all of them together."""

    requires = "may_change_divisions"
    title = "区划变更"
    template_name = "accounts/division_changes.html"
    form_class = ApplyChangesForm

    def load(self) -> None:
        """Find the changes of the first day that has any."""
        pending = list(pending_changes())
        self.changes = [change for change in pending if change.effective_on == pending[0].effective_on]

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the changes, for the form to compare with what the page had shown."""
        return {**super().get_form_kwargs(), "changes": self.changes}

    def act(self, form: ApplyChangesForm) -> str:
        """Apply the changes of the day."""
        applied = apply_division_changes(by=cast(User, self.request.user), changes=self.changes)
        return "".join(
            f"已应用{of_day.plan.effective_on:%Y-%m-%d}的区划变更：{of_day.plan.number_of_communities}个社区、"
            f"{of_day.users}个账号已转到新的区划。"
            for of_day in applied
        )

    def get_success_url(self) -> str:
        """Return the address of this page."""
        return reverse("accounts:division_changes")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what would happen, and what has."""
        preview = _preview(plan_changes(self.changes)) if self.changes else {}
        return super().get_context_data(applied=_applied(), coming=_future_changes(), **preview, **kwargs)


def _applied() -> list[DivisionChange]:
    applied = DivisionChange.objects.filter(applied_at__isnull=False).select_related("applied_by")
    return list(applied.order_by("-effective_on", "from_code"))


def _future_changes() -> list[DivisionChange]:
    """Return the noted changes whose day has not come."""
    waiting = DivisionChange.objects.filter(applied_at__isnull=True).exclude(pk__in=pending_changes().values("pk"))
    return list(waiting.order_by("effective_on", "from_code"))


def _preview(plan: ChangePlan) -> dict[str, Any]:
    users = users_to_move(plan)
    affected = ReportingPeriod.objects.locked().filter(month__gte=plan.effective_on.replace(day=1))
    return {
        "plan": plan,
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
