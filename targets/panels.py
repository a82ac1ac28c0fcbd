"""What the targets add to other pages: to the home page the month's reports, to a community's how it stands."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Role
from changzhi_portal.panels import LAST_STEP, NOTHING_TO_DO, HomePanel, RecordPanel
from communities.models import Division
from periods.models import ReportingPeriod
from targets.checks import findings_for
from targets.engine.map_of_day import county_on
from targets.models import CommunityMeasure, Computation, Reminder, Submission, Target
from targets.reminders import deadline_in_words
from targets.reporting import Phase, Standing, counties_owing, month_status, phase_of


class OfficeReport(HomePanel):
    """For a clerk: this month's to-do, from the registers over the checks to the report, and what is left of others.

    A street's clerk sees how far the county is, without its figures, and what the street itself has to do.
    """

    position = 5
    template_name = "targets/office_report_panel.html"
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
        may_report, phase = user.duty.may_submit, phase_of(period, day)
        first = next((each.ref for each in reports if not each.is_reported), "")
        return {
            "period": period,
            "deadline": deadline_in_words(period, day),
            "phase": phase,
            "first": first,
            "urgency": LAST_STEP if may_report and first and phase != Phase.CLOSED else NOTHING_TO_DO,
            "may_report": may_report,
            "reports": [_office_report(submission, user, with_checks=may_report) for submission in reports],
            "arrears": _arrears(user, period, day) if may_report else [],
        }


def _counties_of(user: Any, period: ReportingPeriod) -> Any:
    """The counties of that month in the user's area; for a street's clerk, the county it belonged to then."""
    counties = counties_owing(period)
    if user.duty is Role.STREET_CLERK:
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
        {"submission": submission, "deadline": deadline_in_words(period, day)}
        for period in late
        for submission in month_status(period, _counties_of(user, period)).owing
    ]


class BureauReports(HomePanel):
    """For the bureau: who has reported the month in hand, who is missing and can be reminded, what waits for a decision."""

    position = 5
    template_name = "targets/bureau_reports_panel.html"
    requires = "may_review"

    def context(self, request: HttpRequest) -> dict[str, Any]:
        """The month's status, and of those that owe it when they were reminded last."""
        user, day = request.user, timezone.localdate()
        period = ReportingPeriod.objects.in_hand(day)
        if period is None:
            return {"period": None}
        status = month_status(period, counties_owing(period).visible_to(user))
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
            "deadline": deadline_in_words(period, day),
            "may_remind": phase_of(period, day) not in (Phase.LOCKED, Phase.NOT_OPEN),
            "counts": [(standing, len(status.of(standing))) for standing in Standing],
            "owing": owing,
            "to_remind": sum(not each["is_reminded_today"] for each in owing),
            "urgency": LAST_STEP if status.waiting else NOTHING_TO_DO,
        }


class CommunityTargets(RecordPanel):
    """How a community stands against each target, in the newest month it was measured in."""

    model_label = "communities.Community"
    position = 10
    is_above = True
    template_name = "targets/community_panel.html"

    def context(self, request: HttpRequest, record: Model) -> dict[str, Any]:
        """The month and, target by target, verdict, figure and what is missing; nothing while never measured."""
        measures = CommunityMeasure.objects.visible_to(request.user).filter(community=record)
        newest = measures.select_related("period").order_by("-period__month").first()
        if newest is None:
            return {"period": None}
        computation = Computation.objects.of_period(newest.period)
        judged = []
        for target in _targets_of(computation):
            found = measures.for_period(newest.period).judged_by(target).first()
            if found is not None:
                judged.append({"target": target, "measure": found})
        return {"period": newest.period, "measure": newest, "computation": computation, "judged": judged}


def _targets_of(computation: Computation | None) -> list[Target]:
    """The targets that judge communities, in the plan's order."""
    if computation is None:
        return []
    return list(computation.plan.targets.filter(is_scored=True, level=Target.Level.COMMUNITY).order_by("position"))
