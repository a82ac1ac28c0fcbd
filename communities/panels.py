"""Panel of facilities on the page of their community."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import MOST_ROWS, RecordPanel
from communities.models import Facility


class CommunityFacilities(RecordPanel):
    """The facilities of a community; leaders may see it, because it has no personal data."""

    model_label = "communities.Community"
    position = 20
    template_name = "communities/facilities_panel.html"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the first MOST_ROWS facilities and their total number."""
        facilities = Facility.objects.visible_to(request.user).filter(community=record).order_by("kind", "name")
        return {"facilities": facilities[:MOST_ROWS], "total": facilities.count(), "community": record}
