"""Panels of activities: on the pages of organizations and of communities."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import MOST_ROWS, RecordPanel
from communities.models import Community
from participation.models import Activity, ActivityQuerySet


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
