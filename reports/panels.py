"""Panels: briefings that wait, key rates and the newest briefing on the home page; the form on a county's month; question sheets."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.db.models import Count
from django.urls import reverse

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import LAST_STEP, MOST_ROWS, NOTHING_TO_DO, HomePanel, RecordPanel
from changzhi_portal.rights import Actor
from periods.models import ReportingPeriod
from reports.dashboard import Board, periods_measured
from reports.models import Briefing, BriefingDelivery
from reports.next_step import newest_briefing, no_briefing_text
from reports.question_sheets import towns_to_print
from submissions.report_status import month_status, reporting_counties
from targets.models import Computation


class NewestBriefing(HomePanel):
    """The newest printed briefing of the user's division: the main panel of leaders."""

    position = 10
    template_name = "reports/newest_briefing_panel.html"
    requires = "may_see_figures"

    def concerns(self, user: Actor) -> bool:
        """Return whether the user is a leader or auditor; the bureau opens briefings from the menu."""
        return super().concerns(user) and not user.role.may_upload

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the briefing, or None, and whether it was sent to the user, who has not opened it yet."""
        newest = newest_briefing(request.user)
        unread = BriefingDelivery.objects.filter(briefing=newest, user_id=request.user.pk, read_at__isnull=True)
        is_unread = newest is not None and unread.exists()
        nothing = "" if newest else no_briefing_text(request.user)
        return {
            "briefing": newest,
            "nothing": nothing,
            "is_unread": is_unread,
            "urgency": LAST_STEP if newest else NOTHING_TO_DO,
        }


class BriefingsWaiting(HomePanel):
    """For the bureau: how many briefings wait for review, approval and issue, and those that could not be printed."""

    position = 8
    template_name = "reports/briefings_waiting_panel.html"
    requires = "may_print_briefing"

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return stages (value, what waits, how many; without those of none) and failed editions. Two queries."""
        briefings = Briefing.objects.visible_to(request.user)
        numbers = dict(
            briefings.filter(stage__in=_WAITING)
            .exclude(state=Briefing.State.FAILED)
            .order_by()
            .values_list("stage")
            .annotate(Count("pk"))
        )
        failed = briefings.newest_first().defer("figures", "lists", "text").filter(state=Briefing.State.FAILED)
        return {
            "stages": [(stage.value, label, numbers[stage]) for stage, label in _WAITING.items() if stage in numbers],
            "failed": list(failed[:MOST_ROWS]),
        }


_WAITING = {
    Briefing.Stage.DRAFT: "草稿待审核",
    Briefing.Stage.REVIEWED: "待签发",
    Briefing.Stage.APPROVED: "待印发",
}


class SubmissionForm(RecordPanel):
    """The printed form (上报表) of a county's month: a link, and its PDF."""

    model_label = "submissions.Submission"
    position = 30
    is_above = True
    template_name = "reports/report_form_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Any) -> dict[str, Any]:
        """Return whether the form is only a draft yet."""
        return {"is_draft": not record.is_reported}


class QuestionSheets(RecordPanel):
    """The printed question sheets of a survey, by town."""

    model_label = "participation.Survey"
    position = 30
    is_above = True  # below it are all communities of a county
    template_name = "reports/question_sheets_panel.html"
    requires = "may_run_surveys"

    def context(self, request: PortalRequest, record: Any) -> dict[str, Any]:
        """Return the survey, and the towns to choose from by county. A query."""
        towns = groupby(towns_to_print(record, request.user), key=lambda town: town.parent.name if town.parent else "")
        return {"survey": record, "counties": [(county, list(group)) for county, group in towns]}


class FilingNotices(RecordPanel):
    """The printed notice of a filing that was granted or refused."""

    model_label = "orgs.Filing"
    position = 30
    is_above = True
    template_name = "reports/filing_notice_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Any) -> dict[str, Any]:
        """Return the address of the notice; "" while the filing waits."""
        return {"url": reverse("reports:filing_notice", args=[record.ref]) if record.decided_on is not None else ""}


class KeyRates(HomePanel):
    """The results of the user's division in the newest measured month."""

    position = 40
    template_name = "reports/key_rates_panel.html"
    requires = "may_see_figures"

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return month, cards and when they were computed; no cards before the first measurement."""
        division = request.user.division
        period = periods_measured().first()
        if period is None:
            return {"period": None}
        return {
            "period": period,
            "division": division,
            "cards": Board(request.user, period, division).cards(),
            "computation": Computation.objects.of_period(period),
            "unreported": _unreported(request.user, period),
        }


def _unreported(user: Actor, period: ReportingPeriod) -> int:
    """Return how many counties of the user's area have not reported an open month, so that its figures will change."""
    if period.is_locked:
        return 0
    return len(month_status(period, reporting_counties(period).visible_to(user)).unreported)
