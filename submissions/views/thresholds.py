"""Pages of the thresholds of the checks (检查标准): what is in force and since when, and the form that changes them."""

from __future__ import annotations

import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.http import HttpResponse
from django.urls import reverse

from changzhi_portal.pages import Crumb, FormPage, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import MOST_ROWS
from changzhi_portal.rights import has_right
from changzhi_portal.thresholds import Thresholds, thresholds_by_group
from periods.models import CheckThresholds, ReportingPeriod, month_after, parse_month
from submissions.actions import set_thresholds
from submissions.checks import findings_for
from submissions.forms import ThresholdsForm

_MAY_CHANGE = "may_review"
_QUALITY_TITLE = "数据质量"
_TITLE = "检查标准"


class ThresholdsPage(PortalPage):
    """The thresholds in force in the month in hand, and the versions with their reasons."""

    help_at = "检查标准"
    requires = "may_see_registers"
    title = _TITLE
    template_name = "submissions/thresholds.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the page."""
        period = ReportingPeriod.objects.for_month_or_in_hand(None)
        current = CheckThresholds.objects.for_month(period.month)
        rows = [
            {"threshold": each, "value": each.in_words(current[each]), "default": each.in_words(each.default)}
            for group in thresholds_by_group().values()
            for each in group
        ]
        context = self.get_context_data(
            period=period,
            rows=rows,
            versions=CheckThresholds.objects.select_related("made_by")[:MOST_ROWS],
            may_change=has_right(request.user, _MAY_CHANGE),
        )
        return self.render_to_response(context)

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumb to the findings."""
        return [Crumb(_QUALITY_TITLE, reverse("submissions:quality"))]


class ChangeThresholds(FormPage):
    """Changing the thresholds from a month on, after a preview of how many findings the checks would have."""

    help_at = "检查标准"
    requires = _MAY_CHANGE
    title = "修改检查标准"
    template_name = "submissions/thresholds_change.html"
    form_class = ThresholdsForm
    not_previewed: ClassVar[tuple[str, ...]] = ("reason",)

    @cached_property
    def newest(self) -> CheckThresholds | None:
        """Return the newest version."""
        return CheckThresholds.objects.newest()

    def get_initial(self) -> dict[str, Any]:
        """Propose the month in hand."""
        month = ReportingPeriod.objects.for_month_or_in_hand(None).month
        return {**super().get_initial(), "valid_from": f"{month:%Y-%m}"}

    def get_form_kwargs(self) -> dict[str, Any]:
        """Offer the values of the newest version, and the months from which they may be changed."""
        newest = self.newest
        current = Thresholds(newest.values if newest else {})
        return {
            **super().get_form_kwargs(),
            "current": current,
            "months": _months_to_change(newest),
            "seen": newest.number if newest else 0,
        }

    def preview(self, form: ThresholdsForm) -> dict[str, Any]:
        """Return how many findings of the month there are now, and how many there would be, for each rule that differs."""
        user, month = self.request.user, parse_month(form.cleaned_data["valid_from"])
        saved = ReportingPeriod.objects.filter(month=month).exclude(state=ReportingPeriod.State.UPCOMING).first()
        period = saved or ReportingPeriod.objects.for_month_or_in_hand(None)
        now = findings_for(period=period, division=user.division, user=user)
        then = findings_for(period=period, division=user.division, user=user, thresholds=Thresholds(form.values()))
        before, after = now.counts(), then.counts()
        return {
            "preview_period": period,
            "soft_before": now.soft,
            "soft_after": then.soft,
            "differing_rules": [
                {"rule": rule, "before": before[rule.code], "after": after[rule.code]}
                for rule in now.rules
                if before[rule.code] != after[rule.code]
            ],
        }

    def act(self, form: ThresholdsForm) -> str:
        """Set the thresholds."""
        version = set_thresholds(
            values=form.values(),
            valid_from=parse_month(form.cleaned_data["valid_from"]),
            reason=form.cleaned_data["reason"],
            by=self.request.user,
            seen=form.cleaned_data["seen"] or 0,
        )
        month = version.valid_from
        return f"检查标准已修改，{month.year}年{month.month}月起按新标准检查：{version.changes}。"

    def get_success_url(self) -> str:
        """Return the URL of the page of the thresholds."""
        return reverse("submissions:thresholds")

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumbs to the findings and the thresholds."""
        return [Crumb(_QUALITY_TITLE, reverse("submissions:quality")), Crumb(_TITLE, self.get_success_url())]


def _months_to_change(newest: CheckThresholds | None) -> list[datetime.date]:
    """Return the months that are not locked, and the one after all, from that of the newest version on."""
    months = list(ReportingPeriod.objects.not_locked().order_by("month").values_list("month", flat=True))
    last = ReportingPeriod.objects.order_by("-month").values_list("month", flat=True).first()
    if last is not None:
        months.append(month_after(last))
    first = newest.valid_from if newest else datetime.date.min
    return [month for month in months if month >= first]
