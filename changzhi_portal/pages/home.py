"""The home page: the tasks and figures for the user's role."""

from __future__ import annotations

from django.http import HttpResponse

from changzhi_portal.pages.base import PortalPage, PortalRequest
from changzhi_portal.pages.manual import home_anchor
from changzhi_portal.pages.panels import home_panels
from changzhi_portal.rights import EVERYBODY


class HomePage(PortalPage):
    """The panels that concern the user's role (docs/domain.md §1)."""

    requires = EVERYBODY
    title = "首页"
    template_name = "frame/home.html"

    def get_help_anchor(self) -> str:
        """Return the place of the chapter of the user's role."""
        return home_anchor(self.request.user.role)

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the panels, in order."""
        return self.render_to_response(self.get_context_data(panels=home_panels(request)))
