"""Base classes of the pages of every app: access, lists, details, forms. Import from here."""

from changzhi_portal.pages.base import Crumb, PortalPage, check_scoped
from changzhi_portal.pages.details import DetailPage
from changzhi_portal.pages.forms import ActionPage, FormPage
from changzhi_portal.pages.lists import ListPage
from changzhi_portal.pages.version_form import VersionForm

__all__ = [
    "ActionPage",
    "Crumb",
    "DetailPage",
    "FormPage",
    "ListPage",
    "PortalPage",
    "VersionForm",
    "check_scoped",
]
