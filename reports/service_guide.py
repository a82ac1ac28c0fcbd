"""Printed guides (办事指南): what to bring, how long it takes and who decides it, a page an item, from the item's page.

They lie here and not in `affairs` because printing does (docs/architecture.md §2): the item's page gets them as a panel.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.template.loader import render_to_string

from affairs.models import Item, ItemMaterial, ItemRoute, ItemVersion
from changzhi_portal.refusals import InvalidError
from changzhi_portal.rights import Actor
from communities.models import Division

STYLE_SHEETS: Final = ("static:reports/service_guide.css",)
# A page takes a tenth of a second.
MOST_GUIDES: Final = 100
_REACHES: Final = {
    ItemVersion.Reach.CITY: "全市任何一个综合窗口都能受理",
    ItemVersion.Reach.COUNTY: "本人所在县（市、区）的任何一个综合窗口都能受理",
    ItemVersion.Reach.TOWN: "本人所在街道（乡镇）的综合窗口受理",
}


@dataclass(frozen=True, slots=True)
class Guide:
    """What the guide of an item says at a place. `lines` are label and value; `department` is "" where nobody handles it."""

    name: str
    place: str
    department: str
    lines: tuple[tuple[str, str], ...]
    materials: tuple[tuple[str, str], ...]  # name, and what is said of it
    as_of: datetime.date
    office: str
    is_demo: bool

    @property
    def problem(self) -> str:
        """Return the sentence of a guide without a department; "" with one."""
        return "" if self.department else f"该事项在{self.place}没有承办部门，请联系市局补充实施清单。"


def places_to_print(user: Actor) -> list[Division]:
    """Return the divisions of a user's area for which guides are printed: the city, its counties, then towns by county."""
    current = Division.objects.current().visible_to(user).select_related("parent")
    return sorted(current, key=lambda place: (place.parent.code if place.parent else "", place.code))


def guides_at(items: Sequence[Item], place: Division, day: datetime.date) -> list[Guide]:
    """Return the guides of items at a place on a day, in the order of the items. A few queries, however many items.

    Items that are not in use that day are left out. Raises InvalidError for none, and for more than MOST_GUIDES.
    """
    keys = [item.pk for item in items]
    in_use = {item.pk for item in Item.objects.in_use_on(day).filter(pk__in=keys)}
    versions = {each.item_id: each for each in ItemVersion.objects.in_effect_on(day).filter(item__in=keys)}
    shown = [item for item in items if item.pk in in_use]
    if not shown:
        raise InvalidError("没有在用的事项，不能打印办事指南。", cure="No item is in use on that day.")
    if len(shown) > MOST_GUIDES:
        raise InvalidError(
            f"一次最多打印{MOST_GUIDES}个事项的办事指南，现在有{len(shown)}个，请逐个事项打印。",
            cure=f"At most {MOST_GUIDES} guides are printed at once.",
        )
    routes: dict[int, ItemRoute] = {}
    for route in ItemRoute.objects.in_use_on(day).filter(item__in=in_use).serving(place.path).with_place():
        routes.setdefault(route.item_id, route)
    materials: dict[int, list[ItemMaterial]] = {}
    listed = ItemMaterial.objects.filter(version__in=[each.pk for each in versions.values()], is_listed=True)
    for material in listed.order_by("position", "pk"):
        materials.setdefault(material.version_id, []).append(material)
    return [
        _guide(item, versions[item.pk], materials.get(versions[item.pk].pk, []), routes.get(item.pk), place, day)
        for item in shown
    ]


def _guide(
    item: Item,
    version: ItemVersion,
    materials: Sequence[ItemMaterial],
    route: ItemRoute | None,
    place: Division,
    day: datetime.date,
) -> Guide:
    days = version.promised_days if route is None else route.days_under(version)
    said = (
        ("事项编码", item.code),
        ("实施编码", "" if route is None else route.implementation_code),
        ("事项类型", item.get_kind_display()),
        ("服务对象", item.get_audience_display()),
        ("设定依据", version.basis),
        ("承办部门", "" if route is None else f"{route.division.full_name}{route.department.name}"),
        ("办件类型", version.get_mode_display()),
        ("法定时限", "" if version.legal_days is None else f"{version.legal_days}个工作日"),
        ("承诺时限", "当天办结" if version.mode == ItemVersion.Mode.INSTANT else f"{days}个工作日"),
        ("在哪里受理", _REACHES[ItemVersion.Reach(version.reach)]),
        ("进驻综合窗口", "" if route is None else "是" if route.is_entered else "否"),
    )
    return Guide(
        name=item.name,
        place=place.full_name,
        department="" if route is None else route.department.name,
        lines=tuple((label, value) for label, value in said if value),
        materials=tuple((each.name, each.marks) for each in materials),
        as_of=day,
        office=f"{item.division.name}民政局",
        is_demo=settings.DEMO,
    )


def guides_markup(guides: Sequence[Guide]) -> str:
    """Return guides as one HTML document, for `reports.pdf.print_markup`."""
    return render_to_string("reports/service_guide/document.html", {"guides": guides, "first": guides[0]})
