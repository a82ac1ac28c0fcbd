"""What the month adds to the home page: this month's report for an office, all counties' reports for the bureau."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Role
from changzhi_portal.pages.panels import LAST_STEP, NOTHING_TO_DO, HomePanel
from communities.models import Division
from periods.models import ReportingPeriod
from submissions.checks import findings_for
from submissions.models import Reminder, Submission
from submissions.report_status import Phase, ReportStatus, deadline_text, month_status, phase_of, reporting_counties
from targets.engine.map_of_day import county_on


class OfficeReport(HomePanel):
    """For a clerk: this month's to-do, from the registers over the checks to the report, and what is left of others.

    A street's clerk sees how far the county is, without its figures, and what the street itself has to do.
    """

    position = 5
    template_name = "submissions/office_report_panel.html"
    requires = "may_upload"

    def concerns(self, user: Any) -> bool:
        """Offices of counties and towns; the bureau has a panel of its own."""
        return super().concerns(user) and user.division.level != Division.Level.CITY

    def context(self, request: HttpRequest) -> dict[str, Any]:
        """The month in hand with its reports (one, but for a county that succeeded two) and how many checks speak up."""
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
            "arrears": _arrears(user, period, day) if may_report else [],
        }


def _counties_of(user: Any, period: ReportingPeriod) -> Any:
    """The counties of that month in the user's area; for a street's clerk, the county it belonged to then."""
    counties = reporting_counties(period)
    if user.role is Role.STREET_CLERK:
        return counties.filter(pk=county_on(user.division_id, period.as_of))
    return counties.visible_to(user)


def _office_report(submission: Submission, user: Any, *, with_checks: bool) -> dict[str, Any]:
    """A report with its number of findings, which only matter while it has to be made."""
    if not with_checks or submission.is_reported:
        return {"submission": submission, "checks": None}
    found = findings_for(period=submission.period, division=submission.county, user=user)
    return {"submission": submission, "checks": {"hard": found.hard, "soft": found.soft}}


def _arrears(user: Any, in_hand: ReportingPeriod, day: datetime.date) -> list[dict[str, Any]]:
    """Other months that were due and can still be reported, with what the user's counties owe of them."""
    late = ReportingPeriod.objects.open().filter(due_on__lt=day, late_until__gte=day).exclude(pk=in_hand.pk)
    return [
        {"submission": submission, "deadline": deadline_text(period, day)}
        for period in late
        for submission in month_status(period, _counties_of(user, period)).owing
    ]


class BureauReports(HomePanel):
    """For the bureau: who has reported the month in hand, who is missing and can be reminded, what waits for a decision."""

    position = 5
    template_name = "submissions/bureau_reports_panel.html"
    requires = "may_review"

    def context(self, request: HttpRequest) -> dict[str, Any]:
        """The month's status, and of those that owe it when they were reminded last."""
        user, day = request.user, timezone.localdate()
        period = ReportingPeriod.objects.in_hand(day)
        if period is None:
            return {"period": None}
        status = month_status(period, reporting_counties(period).visible_to(user))
        reminders = Reminder.objects.visible_to(user).for_period(period).newest_by_county()
        owing = [
            {
                "submission": submission,
                "reminder": (reminder := reminders.get(submission.county_id)),
                "is_reminded_today": reminder is not None and reminder.is_by_hand_on(day),
            }
            for submission in status.owing
        ]
        return {
            "period": period,
            "status": status,
            "deadline": deadline_text(period, day),
            "may_remind": phase_of(period, day) not in (Phase.LOCKED, Phase.NOT_OPEN),
            "counts": [(standing, len(status.of(standing))) for standing in ReportStatus],
            "owing": owing,
            "to_remind": sum(not each["is_reminded_today"] for each in owing),
            "urgency": LAST_STEP if status.waiting else NOTHING_TO_DO,
        }
