"""Pages of matters at the counter. Import from here."""

from affairs.views.items import ItemDetail, ItemList
from affairs.views.routes import RouteDetail, RouteList

__all__ = ["ItemDetail", "ItemList", "RouteDetail", "RouteList"]
