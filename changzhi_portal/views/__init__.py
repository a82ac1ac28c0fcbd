"""Pages built once for every app: access, list pages, detail pages. One file a subject; import from here."""

from changzhi_portal.views.details import DetailPage
from changzhi_portal.views.lists import ListPage
from changzhi_portal.views.pages import Crumb, PortalPage, check_scoped

__all__ = ["Crumb", "DetailPage", "ListPage", "PortalPage", "check_scoped"]
