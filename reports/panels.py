"""What reports add to the home page: the key rates and the newest briefing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from changzhi_portal.pages.panels import LAST_STEP, NOTHING_TO_DO, HomePanel
from reports.dashboard import Board, periods_measured
from reports.models import Briefing
from targets.models import Computation


class NewestBriefing(HomePanel):
    """The newest printed briefing of the own division: the one thing a leader comes for."""

    position = 10
    template_name = "reports/newest_briefing_panel.html"

    def concerns(self, user: Any) -> bool:
        """Leaders and auditors; the bureau finds briefings in the menu."""
        return super().concerns(user) and not user.role.may_upload

    def context(self, request: HttpRequest) -> dict[str, Any]:
        """The briefing, or None; the own division's before those below it."""
        printed = Briefing.objects.visible_to(request.user).filter(state=Briefing.State.PRINTED)
        newest = (
            printed.select_related("period", "division")
            .order_by("-period__month", "division__path", "-edition")
            .first()
        )
        return {"briefing": newest, "urgency": LAST_STEP if newest else NOTHING_TO_DO}


class KeyRates(HomePanel):
    """How the own division stands against the targets in the newest month that was measured."""

    position = 40
    template_name = "reports/key_rates_panel.html"

    def context(self, request: HttpRequest) -> dict[str, Any]:
        """Month, cards and when they were computed; no cards while nothing was measured."""
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
