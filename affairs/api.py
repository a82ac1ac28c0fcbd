"""Matters at the counter in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from affairs.filters import ItemFilterSet, RouteFilterSet
from affairs.models import Item, ItemRoute
from affairs.rights import MAY_SEE
from affairs.sheets import ItemSheet, RouteSheet
from changzhi_portal.api.endpoints import RegisterEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import DivisionSerializer


class Items(RegisterEndpoint):
    """公共服务事项."""

    register = ItemSheet
    requires = MAY_SEE
    example: ClassVar[dict[str, Any]] = {
        "code": "140400-MZ-0001",
        "catalogue_code": "000511001000",
        "name": "演示高龄津贴申请",
        "kind": "benefit",
        "audience": "person",
        "mode": "promised",
        "legal_days": 20,
        "promised_days": 5,
        "reach": "city",
        "materials": "居民身份证（可免交、有效12个月）；照片（可容缺）",
        "valid_from": "2018-01-01",
    }
    queryset = Item.objects.with_newest_version()
    filterset = ItemFilterSet
    sorts = {"code": "code", "name": "name"}


class Routes(RegisterEndpoint):
    """实施清单."""

    register = RouteSheet
    requires = MAY_SEE
    example: ClassVar[dict[str, Any]] = {
        "item_code": "140400-MZ-0001",
        "county": "城区",
        "department_name": "民政局",
        "promised_days": 3,
        "is_entered": True,
        "valid_from": "2018-01-01",
    }
    queryset = ItemRoute.objects.select_related("division")
    filterset = RouteFilterSet
    expands: ClassVar[Expansions] = {"division": ("division", DivisionSerializer)}
    sorts = {"item_code": "item__code", "valid_from": "valid_from", "valid_to": "valid_to"}
