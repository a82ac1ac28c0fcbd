"""Panel that social workers add to the page of their community."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import MOST_ROWS, RecordPanel
from socialworkers.models import Posting


class CommunityWorkers(RecordPanel):
    """The workers who are posted at a community."""

    model_label = "communities.Community"
    position = 40
    template_name = "socialworkers/community_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the first open postings by name, and their number."""
        postings = Posting.objects.visible_to(request.user).open().filter(community=record)
        listed = postings.select_related("worker").order_by("worker__sort_key")
        return {"postings": listed[:MOST_ROWS], "total": postings.count(), "community": record}
