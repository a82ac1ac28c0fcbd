"""Tables of matters at the counter [四（一）3]: items with their versions and materials, and routes. Import from here."""

from affairs.models.items import LONGEST_MATERIALS, Item, ItemMaterial, ItemQuerySet, ItemVersion, ItemVersionQuerySet
from affairs.models.routes import ItemRoute, ItemRouteQuerySet

__all__ = [
    "LONGEST_MATERIALS",
    "Item",
    "ItemMaterial",
    "ItemQuerySet",
    "ItemRoute",
    "ItemRouteQuerySet",
    "ItemVersion",
    "ItemVersionQuerySet",
]
