"""Panels: what residents of a community have said in surveys, and activities, on the pages of communities and organizations."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Model, Sum

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import MOST_ROWS, RecordPanel
from changzhi_portal.scope import scope_path_of
from communities.models import Community
from participation.models import Activity, ActivityQuerySet, Survey, SurveyCount
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


class _OfActivities:
    """Base of the panels: the newest activities, and what all of them come to."""

    def of(self, activities: ActivityQuerySet, record: Any) -> ActivityQuerySet:
        """Return the activities of the record; a panel defines it."""
        raise NotImplementedError

    def context(self, request: PortalRequest, record: Any) -> dict[str, Any]:
        """Return the first MOST_ROWS, their number, and the sums of participants and hours."""
        own = self.of(Activity.objects.visible_to(request.user), record)
        sums = own.order_by().aggregate(participants=Sum("participants"), hours=Sum("volunteer_hours"))
        activities = own.order_by("-held_on", "-pk")[:MOST_ROWS]
        community = record if isinstance(record, Community) else None
        return {"activities": activities, "total": own.count(), "sums": sums, "record": record, "community": community}


class OrganizationActivities(_OfActivities, RecordPanel):
    """The activities of an organization, the newest first."""

    model_label = "orgs.SocialOrganization"
    position = 40
    template_name = "participation/activities_panel.html"
    requires = "may_see_registers"

    def of(self, activities: ActivityQuerySet, record: Any) -> ActivityQuerySet:
        """Return those that the organization has held."""
        return activities.of(record)


class CommunityActivities(_OfActivities, RecordPanel):
    """The activities of a community, the newest first."""

    model_label = "communities.Community"
    position = 32
    template_name = "participation/activities_panel.html"
    requires = "may_see_registers"

    def of(self, activities: ActivityQuerySet, record: Any) -> ActivityQuerySet:
        """Return those that were held in the community."""
        return activities.filter(community=record)
