"""实施清单: which department handles what, and one route."""

from __future__ import annotations

from affairs.filters import RouteFilterSet
from affairs.forms import RouteFilterForm
from affairs.models import ItemRoute
from affairs.rights import MAY_KEEP_ROUTES, MAY_SEE
from affairs.tables import RouteTable
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, ListPage
from changzhi_portal.pages.bulk import BulkEditing
from changzhi_portal.rights import has_right
from communities.views import crumbs_of_place

TITLE = "实施清单"
HELP = "公共服务事项"


class RouteList(ListPage):
    """Routes of the area, and those of the divisions above that handle what comes from there."""

    requires = MAY_SEE
    help_at = HELP
    title = TITLE
    queryset = ItemRoute.objects.with_place()
    filterset = RouteFilterSet
    form = RouteFilterForm
    table = RouteTable
    export_register = "routes"
    empty_advice = "还没有登记实施清单。没有承办部门的事项，窗口不能受理。"

    def get_add_url(self) -> str:
        """Return the form of a new route, for who keeps them."""
        return super().get_add_url() if has_right(self.request.user, MAY_KEEP_ROUTES) else ""

    def get_bulk_edit(self) -> BulkEditing | None:
        """See ListPage.get_bulk_edit; for who keeps the routes."""
        return super().get_bulk_edit() if has_right(self.request.user, MAY_KEEP_ROUTES) else None


class RouteDetail(DetailPage):
    """One route."""

    requires = MAY_SEE
    help_at = HELP
    queryset = ItemRoute.objects.select_related("item", "department", "division__parent")
    list_url_name = "affairs:routes"
    list_title = TITLE
    facts = (
        *("department", "implementation_code", "promised_days", "is_entered", "state"),
        *("valid_from", "valid_to", "note"),
    )

    def get_places(self) -> list[Crumb]:
        """Return the county, and the town of a town's route."""
        return crumbs_of_place(self.record, self.list_url_name) if hasattr(self, "record") else []

    def get_facts(self) -> list[Fact]:
        """Add the item with its code, and where the route holds."""
        item, division = self.record.item, self.record.division
        code = Fact("事项编码", item.code, item.get_absolute_url())
        return [code, Fact("所属区划", division.full_name), *super().get_facts()]

    def get_actions(self) -> list[Crumb]:
        """Return the links to the forms, for who keeps the routes of this place."""
        user = self.request.user
        is_own = self.record.division.path.startswith(user.division.path)
        return super().get_actions() if is_own and has_right(user, MAY_KEEP_ROUTES) else []
