"""Panels that purchased services add to the pages of a community and of an organization."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, Q

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


class OrganizationProjects(RecordPanel):
    """The projects that an organization provides, known by its credit code or by their link to it."""

    model_label = "orgs.SocialOrganization"
    position = 50
    template_name = "services/organization_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Any) -> dict[str, Any]:
        """Return the newest of them and their number; those of a record that was merged into it are among them."""
        own = Q(provider=record.pk) | Q(provider__merged_into=record.pk)
        if record.credit_code:
            own |= Q(provider_credit_code=record.credit_code)
        projects = ServiceProject.objects.visible_to(request.user).filter(own)
        newest = list(projects.order_by("-starts_on")[:MOST_ROWS])
        total = len(newest) if len(newest) < MOST_ROWS else projects.count()
        return {"projects": newest, "total": total, "organization": record}
