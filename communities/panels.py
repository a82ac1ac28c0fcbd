"""What facilities add to the page of their community."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from changzhi_portal.pages.panels import MOST_ROWS, RecordPanel
from communities.models import Facility


class CommunityFacilities(RecordPanel):
    """The facilities of a community; open to leaders, there is no personal data in it."""

    model_label = "communities.Community"
    position = 20
    template_name = "communities/facilities_panel.html"

    def context(self, request: HttpRequest, record: Model) -> dict[str, Any]:
        """The first of them and how many there are."""
        facilities = Facility.objects.visible_to(request.user).filter(community=record).order_by("kind", "name")
        return {"facilities": facilities[:MOST_ROWS], "total": facilities.count(), "community": record}
