"""What the targets add to other pages: how a community stands against each target."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from changzhi_portal.pages.panels import RecordPanel
from targets.models import CommunityMeasure, Computation, Target


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
