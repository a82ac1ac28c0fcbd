"""Panels of the home page: the month's report for offices, the counties' reports for the bureau."""

from __future__ import annotations

import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from changzhi_portal.pages.base import Crumb, PortalRequest
from changzhi_portal.pages.panels import LAST_STEP, NOTHING_TO_DO, HomePanel, NextStep
from changzhi_portal.rights import Actor
from communities.models import Division
from periods.models import ReportingPeriod
from submissions.kept_findings import kept_findings_for
from submissions.models import Reminder, Submission
from submissions.report_status import Phase, ReportStatus, deadline_text, month_status, phase_of, reporting_counties
from targets.engine.map_of_day import county_on


class OfficeReport(HomePanel):
    """For clerks: the steps of this month's report, and reports of earlier months that are overdue.

    A street's clerk sees the state of the county's report without its figures.
    """

    position = 5
    template_name = "submissions/office_report_panel.html"
    requires = "may_upload"

    def concerns(self, user: Actor) -> bool:
        """Return whether the user works in a county or town; the bureau has another panel."""
        return super().concerns(user) and user.division.level != Division.Level.CITY

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the month in hand with its reports and numbers of findings, and overdue reports of other months.

        There is one report, or several for a county with several predecessors in that month.
        """
        user, day = request.user, timezone.localdate()
        period = ReportingPeriod.objects.in_hand(day)
        if period is None:
            return {"period": None}
        reports = month_status(period, _counties_of(user, period)).submissions
        may_report, phase = user.role.may_submit, phase_of(period, day)
        first = next((each.ref for each in reports if not each.is_reported), "")
        return {
            "period": period,
            "deadline": deadline_text(period, day),
            "phase": phase,
            "first": first,
            "urgency": LAST_STEP if may_report and first and phase != Phase.CLOSED else NOTHING_TO_DO,
            "may_report": may_report,
            "reports": [_office_report(submission, user, with_checks=may_report) for submission in reports],
            "overdue": _overdue(user, period, day) if may_report else [],
        }


class ReportTheMonth(NextStep):
    """The report of the clerk's county, once its registers are in."""

    position = 10
    requires = "may_submit"

    def link(self, request: PortalRequest, period: ReportingPeriod) -> Crumb | None:
        """Return the first report of the month that the user can still make; None without one."""
        if phase_of(period, timezone.localdate()) not in {Phase.IN_TIME, Phase.LATE}:
            return None
        reports = month_status(period, _counties_of(request.user, period)).submissions
        first = next((each for each in reports if not each.is_reported), None)
        return None if first is None else Crumb("检查并上报", reverse("submissions:submission", args=[first.ref]))


def _counties_of(user: Actor, period: ReportingPeriod) -> Any:
    """Return the counties of that month in the user's scope; for a street's clerk, the street's county of that month."""
    counties = reporting_counties(period)
    if user.role is Role.STREET_CLERK:
        return counties.filter(pk=county_on(user.division.pk, period.as_of))
    return counties.visible_to(user)


def _office_report(submission: Submission, user: Actor, *, with_checks: bool) -> dict[str, Any]:
    """Return a report with its number of findings; without them once it is reported."""
    if not with_checks or submission.is_reported:
        return {"submission": submission, "checks": None}
    findings = kept_findings_for(period=submission.period, division=submission.county, user=user)
    return {"submission": submission, "checks": {"hard": findings.hard, "soft": findings.soft}}


def _overdue(user: Actor, in_hand: ReportingPeriod, day: datetime.date) -> list[dict[str, Any]]:
    """Return the unreported submissions of the user's counties for other months that are past due but still open."""
    late = ReportingPeriod.objects.open().filter(due_on__lt=day, late_until__gte=day).exclude(pk=in_hand.pk)
    return [
        {"submission": submission, "deadline": deadline_text(period, day)}
        for period in late
        for submission in month_status(period, _counties_of(user, period)).unreported
    ]


class BureauReports(HomePanel):
    """For the bureau: reports of the month in hand, counties that can be reminded, reports to be reviewed."""

    position = 5
    template_name = "submissions/bureau_reports_panel.html"
    requires = "may_review"

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the month's status, and the counties that have not reported with their last reminder."""
        user, day = request.user, timezone.localdate()
        period = ReportingPeriod.objects.in_hand(day)
        if period is None:
            return {"period": None}
        status = month_status(period, reporting_counties(period).visible_to(user))
        reminders = Reminder.objects.visible_to(user).for_period(period).newest_by_county()
        unreported = [
            {
                "submission": submission,
                "reminder": (reminder := reminders.get(submission.county_id)),
                "is_reminded_today": reminder is not None and reminder.is_by_hand_on(day),
            }
            for submission in status.unreported
        ]
        return {
            "period": period,
            "status": status,
            "deadline": deadline_text(period, day),
            "may_remind": phase_of(period, day) not in (Phase.LOCKED, Phase.NOT_OPEN),
            "counts": [(report_status, len(status.of(report_status))) for report_status in ReportStatus],
            "unreported": unreported,
            "to_remind": sum(not each["is_reminded_today"] for each in unreported),
            "urgency": LAST_STEP if status.waiting else NOTHING_TO_DO,
        }
