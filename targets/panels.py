"""Panel of the targets on the page of a community."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import ChangePanel, RecordPanel
from changzhi_portal.refusals import PortalError
from targets.denominators import changed_denominators
from targets.models import CommunityMeasure, Computation, Target, TargetPlan


class CommunityTargets(RecordPanel):
    """The community's verdict for each target, in the newest month in which it was measured."""

    model_label = "communities.Community"
    position = 10
    is_above = True
    template_name = "targets/community_panel.html"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the month with verdict, figure and missing amount for each target; {"period": None} if never measured."""
        measures = CommunityMeasure.objects.visible_to(request.user).filter(community=record)
        newest = measures.select_related("period").order_by("-period__month").first()
        if newest is None:
            return {"period": None}
        computation = Computation.objects.of_period(newest.period)
        judged = []
        for target in _targets_of(computation):
            measure = measures.for_period(newest.period).judged_by(target).first()
            if measure is not None:
                judged.append({"target": target, "measure": measure})
        return {"period": newest.period, "measure": newest, "computation": computation, "judged": judged}


def _targets_of(computation: Computation | None) -> list[Target]:
    """Return the scored targets for communities, in the plan's order."""
    if computation is None:
        return []
    return list(computation.plan.targets.filter(is_scored=True, level=Target.Level.COMMUNITY).order_by("position"))


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
