"""Panels: stories that an office is to mend and that wait for the bureau; the development plans of a community."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import LAST_STEP, MOST_ROWS, NOTHING_TO_DO, HomePanel, RecordPanel
from practice.flow import MAY_CHOOSE, MAY_REPORT
from practice.models import Document, Story


class StoriesInHand(HomePanel):
    """For who reports stories: those of the own office that were returned, and for the bureau those that wait."""

    position = 35
    template_name = "practice/stories_panel.html"
    requires = MAY_REPORT

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the returned stories of the own office, and those that wait for the user's choice. At most two queries."""
        user = request.user
        visible = Story.objects.visible_to(user).select_related("division")
        own = visible.filter(division=user.division, state=Story.State.RETURNED).order_by("pk")
        returned = list(own[:MOST_ROWS])
        may_choose = getattr(user.role, MAY_CHOOSE)
        waiting = list(visible.waiting()) if may_choose else []
        return {
            "returned": returned,
            "waiting": waiting[:MOST_ROWS],
            "total": len(waiting),
            "may_choose": may_choose,
            "urgency": LAST_STEP if returned else NOTHING_TO_DO,
        }


class CommunityDocuments(RecordPanel):
    """The development plans of a community, the newest first; everybody who sees the community may see them."""

    model_label = "communities.Community"
    position = 26
    template_name = "practice/documents_of_community.html"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the first MOST_ROWS documents and their total number."""
        documents = Document.objects.visible_to(request.user).filter(community=record).order_by("-issued_on", "-pk")
        return {"documents": documents[:MOST_ROWS], "total": documents.count(), "community": record}
