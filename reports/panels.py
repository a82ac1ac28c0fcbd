"""Panels: the key rates and the newest briefing on the home page, the printed form on the page of a county's month."""

from __future__ import annotations

from typing import Any

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import LAST_STEP, NOTHING_TO_DO, HomePanel, RecordPanel
from changzhi_portal.rights import Actor
from reports.dashboard import Board, periods_measured
from reports.models import BriefingDelivery
from reports.next_step import newest_briefing
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
        return {"briefing": newest, "is_unread": is_unread, "urgency": LAST_STEP if newest else NOTHING_TO_DO}


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
        }
