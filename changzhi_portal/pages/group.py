"""The landing page of a group of the menu: its entries, each with what is there."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse

from changzhi_portal.menu import GROUPS, MenuGroup, items_for
from changzhi_portal.pages.base import PortalPage, PortalRequest
from changzhi_portal.rights import EVERYBODY


class GroupPage(PortalPage):
    """The entries of one group that the user's role may open, with their numbers within the user's scope."""

    requires = EVERYBODY
    template_name = "frame/group.html"
    group: MenuGroup

    def get(self, request: PortalRequest, group: str) -> HttpResponse:
        """Show the entries; raises Http404 for a group that does not exist, or of which the role may open nothing."""
        found = next((each for each in GROUPS if each.name == group), None)
        items = items_for(request.user, found) if found is not None else []
        if found is None or not items:
            raise Http404(f"The menu has no group {group!r} for this role.")
        self.group = found
        return self.render_to_response(
            self.get_context_data(group=found, entries=[self._entry(each) for each in items])
        )

    def _entry(self, item: Any) -> dict[str, str]:
        remark = item.remark(self.request.user) if item.remark is not None else ""
        return {"title": item.title, "url": reverse(item.url_name), "explanation": item.explanation, "remark": remark}

    def get_title(self) -> str:
        """Return the group's title."""
        return self.group.title if hasattr(self, "group") else ""
