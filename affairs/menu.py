"""Entries of matters at the counter in the menu."""

from django.utils import timezone

from affairs.models import Item, ItemRoute
from affairs.rights import MAY_SEE
from changzhi_portal.display import display_number
from changzhi_portal.menu import REGISTERS, MenuItem
from changzhi_portal.rights import Actor


def _items(user: Actor) -> str:
    return f"{display_number(Item.objects.visible_to(user).in_use_on(timezone.localdate()).count())}项"


def _routes(user: Actor) -> str:
    return f"{display_number(ItemRoute.objects.visible_to(user).in_use_on(timezone.localdate()).count())}条"


ITEMS = MenuItem(
    "公共服务事项",
    "affairs:list",
    ("affairs:list", "affairs:item"),
    MAY_SEE,
    group=REGISTERS,
    position=55,
    register="items",
    explanation="群众可以到窗口办的事：时限、材料、在哪里受理。",
    remark=_items,
    help_at="公共服务事项",
)
ROUTES = MenuItem(
    "实施清单",
    "affairs:routes",
    ("affairs:route",),
    MAY_SEE,
    group=REGISTERS,
    position=56,
    register="routes",
    explanation="每个事项由哪个部门承办，进没进综合窗口。",
    remark=_routes,
    help_at="公共服务事项",
)
