"""Pages built once for every app: access, list pages, detail pages. One file a subject; import from here."""

from changzhi_portal.pages.base import Crumb, PortalPage, check_scoped
from changzhi_portal.pages.details import DetailPage
from changzhi_portal.pages.lists import ListPage

__all__ = ["Crumb", "DetailPage", "ListPage", "PortalPage", "check_scoped"]
