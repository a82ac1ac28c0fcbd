"""Panel: what residents of a community have said in surveys, on the community's page."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Model

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import RecordPanel
from changzhi_portal.scope import scope_path_of
from participation.models import Survey, SurveyCount
from participation.questions import OVERALL

MOST_SURVEYS = 5
MOST_NEEDS = 3


class CommunitySurveys(RecordPanel):
    """The answers to 总体 in the newest surveys, and the needs chosen most in the newest one that asked for them.

    Leaders may see it: counts name nobody. Only surveys that are closed, as in the figures.
    """

    model_label = "communities.Community"
    position = 27
    template_name = "participation/community_panel.html"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the counts of satisfaction, the newest survey first, and those of needs, the most chosen first. Two queries."""
        closed = SurveyCount.objects.visible_to(request.user).filter(
            community=record, survey__state=Survey.State.CLOSED
        )
        newest_first = closed.select_related("survey__division").order_by("-survey__ends_on", "-survey")
        overall = newest_first.filter(survey__kind=Survey.Kind.SATISFACTION, question=OVERALL)
        of_needs = newest_first.filter(survey__kind=Survey.Kind.NEEDS, chosen__gt=0)
        needs = list(of_needs.order_by("-survey__ends_on", "-survey", F("chosen").desc(), "pk")[:MOST_NEEDS])
        # A street's clerk sees what its communities said, and not the survey of the county as a whole.
        area = scope_path_of(request.user)
        shown = [
            (count, area is not None and count.survey.division.path.startswith(area))
            for count in overall[:MOST_SURVEYS]
        ]
        return {
            "overall": shown,
            "needs": [count for count in needs if count.survey_id == needs[0].survey_id],
            "community": record,
        }
