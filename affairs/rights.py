"""The rights of the catalogue of matters, by the names of `changzhi_portal.rights`."""

from __future__ import annotations

from typing import Final

MAY_SEE: Final = "may_see_items"
MAY_KEEP_ITEMS: Final = "may_keep_items"
MAY_KEEP_ROUTES: Final = "may_keep_routes"
