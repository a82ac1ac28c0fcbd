"""Panel of the targets on the page of a community."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Model

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import ChangePanel, RecordPanel
from changzhi_portal.refusals import PortalError
from communities.models import Community
from targets.denominators import changed_denominators
from targets.models import Target, TargetPlan
from targets.sparkline import sparkline
from targets.standing import CommunityStandings


class CommunityTargets(RecordPanel):
    """The community's verdict for each target, in the newest month in which it was measured."""

    model_label = "communities.Community"
    position = 10
    is_above = True
    template_name = "targets/community_panel.html"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the month with verdict, figure, change and missing amount for each target; {"period": None} if never measured."""
        assert isinstance(record, Community)  # noqa: S101  # what `model_label` says
        standings = CommunityStandings(record, request.user)
        if standings.period is None:
            return {"period": None, "judged": []}
        judged = [
            {
                "standing": each,
                "target": each.target,
                "measure": each.measure,
                "line": sparkline(each.points, bound=each.target.at_least or Decimal(0), unit=each.target.value_unit),
            }
            for each in standings.each
        ]
        return {
            "period": standings.period,
            "measure": standings.newest,
            "computation": standings.computation,
            "judged": judged,
            "months": standings.months,
        }


class ChangedDenominators(ChangePanel):
    """How many communities each target judges before and after mergers, splits and closings."""

    position = 10
    template_name = "targets/changed_denominators.html"

    def context(self, request: PortalRequest, plan: Any) -> dict[str, Any]:
        """Return the targets of the plan in force on the day, each with both numbers; none where no community closes or opens."""
        if not (plan.endings or plan.new_communities) or plan.problems:
            return {"denominators": []}
        try:
            of_day = TargetPlan.objects.in_force_on(plan.effective_on)
        except PortalError:
            return {"denominators": []}
        targets = of_day.targets.filter(is_scored=True, level=Target.Level.COMMUNITY).order_by("position")
        return {"denominators": changed_denominators(plan, list(targets)), "target_plan": of_day}
