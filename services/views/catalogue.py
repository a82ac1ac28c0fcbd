"""购买清单: what may be bought, and one line with the projects under it."""

from __future__ import annotations

from typing import Any

from changzhi_portal.pages import Crumb, DetailPage, ListPage
from changzhi_portal.pages.panels import MOST_ROWS
from communities.models import Division
from communities.views import crumbs_of_place
from services.filters import CatalogueFilterSet
from services.forms import CatalogueFilterForm
from services.models import CatalogueItem, ServiceProject
from services.tables import CatalogueTable

TITLE = "购买清单"
HELP = "购买服务"


class CatalogueList(ListPage):
    """购买清单: the services that the area buys."""

    requires = "may_see_registers"
    help_at = HELP
    title = TITLE
    queryset = CatalogueItem.objects.select_related("division")
    filterset = CatalogueFilterSet
    form = CatalogueFilterForm
    export_register = "catalogue"
    table = CatalogueTable
    empty_advice = "还没有购买清单。由县（市、区）或者市局上传，或者点“新增”。"

    def get_add_url(self) -> str:
        """Return the form of a new line; towns have no catalogue."""
        return "" if self.request.user.division.level == Division.Level.TOWN else super().get_add_url()


class CatalogueItemDetail(DetailPage):
    """One line of the catalogue with the projects that were bought under it."""

    requires = "may_see_registers"
    help_at = HELP
    queryset = CatalogueItem.objects.select_related("division__parent")
    template_name = "services/catalogue_item.html"
    list_url_name = "services:catalogue"
    list_title = TITLE
    facts = (*("code", "division", "field", "finance_code", "prefers_organizations", "valid_from", "valid_to", "note"),)

    def get_places(self) -> list[Crumb]:
        """Return the county."""
        return crumbs_of_place(self.record, self.list_url_name) if hasattr(self, "record") else []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the projects under the line that the user may see."""
        under = ServiceProject.objects.visible_to(self.request.user).filter(catalogue=self.record)
        projects = list(under.select_related("division").order_by("-starts_on", "-pk")[:MOST_ROWS])
        return super().get_context_data(projects=projects, total=under.count(), **kwargs)
