"""Panels: the facilities of a community on its page, and how far a clerk's month is on the home page."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import MOST_ROWS, HomePanel, RecordPanel
from changzhi_portal.rights import Actor, has_right
from communities.models import Division, Facility, ServicePoint
from communities.monthly.progress import communities_to_enter, progress_of
from periods.models import ReportingPeriod


class CommunityFacilities(RecordPanel):
    """The facilities of a community; leaders may see it, because it has no personal data."""

    model_label = "communities.Community"
    position = 20
    template_name = "communities/facilities_panel.html"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the first MOST_ROWS facilities and their total number."""
        facilities = Facility.objects.visible_to(request.user).filter(community=record).order_by("kind", "name")
        return {"facilities": facilities[:MOST_ROWS], "total": facilities.count(), "community": record}


class CommunityPoints(RecordPanel):
    """The service points of a community; leaders may see it, because it has no personal data."""

    model_label = "communities.Community"
    position = 25
    template_name = "communities/points_panel.html"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the first MOST_ROWS points and their total number."""
        points = ServicePoint.objects.visible_to(request.user).filter(community=record).order_by("name")
        return {"points": points[:MOST_ROWS], "total": points.count(), "community": record}


class MonthlyEntry(HomePanel):
    """How many communities of the office are entered for the month in hand, and the next one; for clerks."""

    position = 15
    template_name = "communities/monthly_panel.html"
    requires = "may_upload"

    def concerns(self, user: Actor) -> bool:
        """Return whether the user is a clerk: the bureau's staff do not enter communities one by one."""
        return has_right(user, self.requires) and user.division.level != Division.Level.CITY

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the month, the progress and the first community that is left; no month when none is open."""
        period = ReportingPeriod.objects.for_month_or_in_hand(None)
        if period.state != ReportingPeriod.State.OPEN:
            return {"period": None}
        communities = communities_to_enter(request.user, period)
        return {
            "period": period,
            "progress": progress_of(communities),
            "first": communities.filter(is_entered=False).first(),
        }
