"""Who handles an item for a resident, and which counters accept it (systems.md §B, Routing; docs/domain.md §16.3).

A case goes to the first route in use from the resident's home upwards: town, county, city; without a home from the counter.
Which counters accept it says the reach of the item's version, measured from the home.
"""

from __future__ import annotations

import datetime

from affairs.models import Item, ItemRoute, ItemVersion
from changzhi_portal.refusals import InvalidError
from communities.models import Community, Division, ServicePoint

Reach = ItemVersion.Reach


def town_of_point(point: ServicePoint) -> Division:
    """Return the town (or county) that a counter lies in."""
    found = point.belongs_to()
    if not isinstance(found, Division):
        raise ValueError(f"The point {point.pk} lies nowhere.")
    return found


def route_at(item: Item, place: Division, *, day: datetime.date) -> ItemRoute | None:
    """Return the first route in use from a division upwards on a day; None where nobody handles the item."""
    return ItemRoute.objects.in_use_on(day).filter(item=item).serving(place.path).with_place().first()


def route_for(item: Item, *, home: Community | None, point: ServicePoint, day: datetime.date) -> ItemRoute:
    """Return the route of a case: from the resident's home upwards, or without one from the counter.

    Routes are found wherever they are: a counter hands cases to departments outside its own area. Raises InvalidError where no
    department handles the item.
    """
    place = home.town if home is not None else town_of_point(point)
    route = route_at(item, place, day=day)
    if route is None:
        named = home.name if home is not None else place.name
        raise InvalidError(
            f"该事项在{named}没有承办部门，请联系市局补充实施清单。",
            cure=f"The item {item.code} has no route in use at {place.code} or above.",
        )
    return route


def accepts(version: ItemVersion, *, home: Community | None, point: ServicePoint) -> bool:
    """Return whether a counter accepts an item of a resident of a community; without a home every counter does.

    全市: every counter of the city; 全县: those of the home's county; 本街道（乡镇）: those of the home's town.
    """
    return home is None or _area(version, home) is None or _lies_in(point, _area(version, home))


def refuse_wrong_counter(version: ItemVersion, *, home: Community | None, point: ServicePoint) -> None:
    """Raise InvalidError where a counter does not accept an item of a resident of a community."""
    if accepts(version, home=home, point=point) or home is None:
        return
    area = _area(version, home)
    where = area.name if area is not None else ""
    raise InvalidError(
        f"该事项的通办范围是{version.get_reach_display()}，请到{where}的窗口办理。",
        cure=f"The item is accepted by counters in {where} only.",
    )


def _area(version: ItemVersion, home: Community) -> Division | None:
    """Return the division whose counters accept an item; None for all of the city."""
    if version.reach == Reach.CITY:
        return None
    return home.town if version.reach == Reach.TOWN else home.town.parent


def _lies_in(point: ServicePoint, area: Division | None) -> bool:
    return area is not None and town_of_point(point).path.startswith(area.path)
