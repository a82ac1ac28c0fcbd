"""公共服务事项: what may be handed in, and one item with its materials, versions, departments and counters."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from affairs.filters import ItemFilterSet
from affairs.forms import ItemFilterForm
from affairs.models import Item, ItemRoute, ItemVersion
from affairs.rights import MAY_KEEP_ITEMS, MAY_SEE
from affairs.routing import route_at
from affairs.tables import ItemTable
from changzhi_portal.facts import Fact, fact_of
from changzhi_portal.pages import Crumb, DetailPage, ListPage
from changzhi_portal.pages.bulk import BulkEditing
from changzhi_portal.pages.panels import MOST_ROWS
from changzhi_portal.rights import has_right
from communities.models import ServicePoint

TITLE = "公共服务事项"
HELP = "公共服务事项"


class ItemList(ListPage):
    """What residents and organizations may hand in at the city's counters; everybody who signs in reads it."""

    requires = MAY_SEE
    help_at = HELP
    title = TITLE
    queryset = Item.objects.all()
    filterset = ItemFilterSet
    form = ItemFilterForm
    table = ItemTable
    export_register = "items"
    empty_advice = "还没有登记公共服务事项。由市局管理员上传，或者点“新增”。"

    def get_queryset(self) -> Any:
        """Return the items that the user may see, with the version of today."""
        return Item.objects.with_version_on(timezone.localdate()).visible_to(self.request.user)

    def get_add_url(self) -> str:
        """Return the form of a new item, for who keeps them."""
        return super().get_add_url() if has_right(self.request.user, MAY_KEEP_ITEMS) else ""

    def get_bulk_edit(self) -> BulkEditing | None:
        """See ListPage.get_bulk_edit; for who keeps the items."""
        return super().get_bulk_edit() if has_right(self.request.user, MAY_KEEP_ITEMS) else None


class ItemDetail(DetailPage):
    """One item: the version that holds, what is to be brought, who handles it where, and the other versions."""

    requires = MAY_SEE
    help_at = HELP
    template_name = "affairs/item.html"
    queryset = Item.objects.select_related("division")
    list_url_name = "affairs:list"
    list_title = TITLE
    facts = ("code", "catalogue_code", "kind", "audience", "state", "note")
    _of_version = ("basis", "mode", "legal_days", "promised_days", "reach", "valid_from", "valid_to")

    def get_facts(self) -> list[Fact]:
        """Return the item's columns, and those of the version that is shown."""
        version = self._shown
        *first, note = super().get_facts()
        return [*first, *(fact_of(version, name) for name in self._of_version if version is not None), note]

    @property
    def _shown(self) -> ItemVersion | None:
        """Return the version that holds today, else the newest one."""
        versions = self._versions()
        today = timezone.localdate()
        holding = (each for each in versions if each.valid_from <= today and not _has_ended(each, today))
        return next(holding, versions[0] if versions else None)

    def _versions(self) -> list[ItemVersion]:
        """Return all versions, the newest first. A query, once."""
        if not hasattr(self, "_loaded"):
            self._loaded = list(self.record.versions.prefetch_related("listed").order_by("-valid_from"))
        return self._loaded

    def get_actions(self) -> list[Crumb]:
        """Return the links to the forms, for who keeps the items."""
        return super().get_actions() if has_right(self.request.user, MAY_KEEP_ITEMS) else []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add materials, versions, routes and counters."""
        today, user, shown = timezone.localdate(), self.request.user, self._shown
        routes = ItemRoute.objects.visible_to(user).filter(item=self.record).with_place()
        nearest = routes.order_by("division__path", "-valid_from", "pk")
        counters = ServicePoint.objects.visible_to(user).in_effect_on(today).with_function("window").with_place()
        return super().get_context_data(
            version=shown,
            materials=[each for each in shown.listed.all() if each.is_listed] if shown is not None else [],
            versions=self._versions(),
            routes=list(nearest[:MOST_ROWS]),
            routes_total=routes.count(),
            own_route=route_at(self.record, user.division, day=today),
            counters=list(counters[:MOST_ROWS]),
            counters_total=counters.count(),
            today=today,
            **kwargs,
        )


def _has_ended(version: ItemVersion, today: Any) -> bool:
    return version.valid_to is not None and version.valid_to <= today
