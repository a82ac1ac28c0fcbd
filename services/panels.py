"""Panel that purchased services add to the page of a community."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import MOST_ROWS, RecordPanel
from services.models import ServiceProject


class CommunityProjects(RecordPanel):
    """The projects that serve a community."""

    model_label = "communities.Community"
    position = 50
    template_name = "services/community_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the first of them and their number."""
        projects = ServiceProject.objects.visible_to(request.user).filter(communities=record).order_by("-starts_on")
        return {"projects": projects[:MOST_ROWS], "total": projects.count(), "community": record}
