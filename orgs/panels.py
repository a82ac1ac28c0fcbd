"""Panels that organizations add to other pages."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import MOST_ROWS, RecordPanel
from orgs.models import SocialOrganization


class CommunityOrganizations(RecordPanel):
    """The organizations that serve a community."""

    model_label = "communities.Community"
    position = 30
    template_name = "orgs/community_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the first of them by name, and their number."""
        organizations = SocialOrganization.objects.visible_to(request.user).filter(community=record)
        return {"organizations": organizations[:MOST_ROWS], "total": organizations.count(), "community": record}
