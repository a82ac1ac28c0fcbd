"""Understanding what an office writes into its place columns (docs/domain.md §4.3, docs/spreadsheets.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NoReturn

from changzhi_portal.names import community_key, comparable, division_key
from changzhi_portal.registers.lost_characters import could_be
from communities.models import Division
from communities.places.index import PlaceIndex
from communities.places.place import Areas, KnownCommunity, Place, PlaceNotFoundError
from communities.places.suggestions import Suggestions

_SEPARATORS: Final = "/\\>-‐–—―→·|,、:;_"
_REMARK: Final = re.compile(r"[(（].*|^\d{1,3}[.、)．]|[*※①-⑳]+$")
_OF_VILLAGES: Final = ("村", "村委会", "村民委员会")
_OF_CITIES: Final = ("社区", "居委会", "居民委员会")


class PlaceFinder:
    """Finds the place that texts mean, or says why there is none: one finder for the rows of a check."""

    def __init__(self, index: PlaceIndex) -> None:
        self._index = index
        self._suggestions = Suggestions(index)

    def find(self, *, county: str, town: str, community: str, code: str) -> Place:
        """Return the place that the four texts (each may be blank) lead to.

        A code is enough alone; otherwise names are looked up inside the county (by default the scope's). Raises
        PlaceNotFoundError.
        """
        counties = self._counties_named(county)
        if code:
            known, is_current = self._by_code(code, community, counties if county else None)
            old_parts = self._old(("county", county, known.county_id))
            formerly = self._index.formerly.get((known.id, code))
            return Place(known.town_id, known, old_parts + (() if is_current else ("community_code",)), formerly)
        towns = self._towns_named(counties, town) if town else None
        if community:
            known, is_todays = self._community_in(community, counties if towns is None else towns)
            old_name = () if is_todays else ("community_name",)
            old_parts = self._old(("county", county, known.county_id), ("town", town, known.town_id))
            formerly = self._index.formerly.get((known.id, community_key(community)))
            return Place(known.town_id, known, old_parts + old_name, formerly)
        place = self._division("town" if town else "county", counties if towns is None else towns)
        found = self._index.divisions[place.division_id]
        is_town = found.level == Division.Level.TOWN
        county_id = found.parent_id if is_town and found.parent_id else found.id
        return Place(found.id, None, self._old(("county", county, county_id), ("town", town, found.id)))

    def community_within(self, division_id: int, text: str) -> KnownCommunity:
        """Return the one community with this name in a town, a county or the whole city. Raises PlaceNotFoundError."""
        return self._community_in(text, {division_id})[0]

    def community_coded(self, code: str) -> KnownCommunity:
        """Return the community with this code. Raises PlaceNotFoundError."""
        return self._by_code(code, "", None)[0]

    def _division(self, part: str, named: Areas) -> Place:
        index = self._index
        today = {index.today_of(index.divisions[area]).id for area in named}
        candidates = [division_id for division_id in today if index.lies_in_scope(division_id)]
        if not candidates:
            raise PlaceNotFoundError("out_of_scope", part, "这里不在您的填报范围内，请写明本单位的街道（乡镇）或社区")
        if len(candidates) > 1:
            raise PlaceNotFoundError("ambiguous_place", part, "这个名称对应不止一个地方，请写明县和街道（乡镇）")
        return Place(candidates[0], None)

    def _old(self, *parts: tuple[str, str, int]) -> tuple[str, ...]:
        """Return which texts are not today's name of where the row has led to; the city's name is above them all."""
        return tuple(part for part, text, found in parts if text and not self._is_todays(division_key(text), found))

    def _is_todays(self, key: str, found: int) -> bool:
        """Return whether a text, as division_key gives it, calls a division as it is called today; or only its city."""
        division, city = self._index.divisions[found], division_key(self._index.city.name)
        if key in {division.name_key, city}:
            return True
        county = self._index.divisions[division.parent_id].name_key if division.parent_id else ""
        return bool(county) and key.startswith(county) and _without(key, county) == division.name_key

    def _counties_named(self, text: str) -> Areas:
        """Return the counties of any time that a text names, as far as the scope has to do with them; of a blank one all."""
        index = self._index
        if not text:
            return index.counties_of_scope()
        named = index.counties.get(division_key(text))
        if named is None and division_key(text) == division_key(index.city.name):
            return {index.city.id}
        if not named:
            suggestion = self._suggestions.county(text)
            raise PlaceNotFoundError("unknown_place", "county", f"没有“{text}”这个县（市、区），请核对名称{suggestion}")
        return self._of_scope(named, "county", text)

    def _towns_named(self, counties: Areas, text: str) -> Areas:
        index, key = self._index, division_key(text)
        narrow = index.counties_of_scope() if index.city.id in counties else counties
        wide = index.with_successors(narrow)
        named = index.towns_in(narrow, key) or index.towns_in(wide, key)
        if not named and (before := _longest_beginning(key, index.counties)):  # 襄垣县王村镇
            key = _without(key, before)
            named = index.towns_in(index.counties[before], key) & index.towns_in(wide, key)
        if not named:
            suggestion = self._suggestions.town(text, wide)
            raise PlaceNotFoundError("unknown_place", "town", f"没有“{text}”这个街道（乡镇），请核对名称{suggestion}")
        return self._of_scope(named, "town", text)

    def _of_scope(self, named: Areas, part: str, text: str) -> Areas:
        mine = {area for area in named if self._index.is_in_scope(area)}
        if not mine:
            raise PlaceNotFoundError("out_of_scope", part, f"“{text}”不在您的填报范围内，请删去这一行，由该地填报")
        return mine

    def _by_code(self, code: str, name: str, counties: Areas | None) -> tuple[KnownCommunity, bool]:
        index = self._index
        found = index.community_coded(code)
        if found is None:
            if index.is_code_of_others(code):
                raise PlaceNotFoundError(
                    "out_of_scope", "community_code", "这个代码不在您的填报范围内，请删去这一行，由该地填报"
                )
            raise PlaceNotFoundError("unknown_place", "community_code", f"没有代码为“{code}”的社区，请核对12位社区代码")
        known, is_current = found
        if name and self._is_anothers(name, known, is_current=is_current):
            raise PlaceNotFoundError(
                "conflicting_key", "community_code", f"代码与名称对不上：这个代码是“{known.name}”，不是“{name}”，请核对"
            )
        if counties is not None and index.city.id not in counties and index.areas_of[known.id].isdisjoint(counties):
            raise PlaceNotFoundError("conflicting_key", "community_code", "代码与县（市、区）对不上，请核对")
        return found

    def _is_anothers(self, name: str, known: KnownCommunity, *, is_current: bool) -> bool:
        """Tell whether the name beside a community's code is not that community's.

        A name that only nearly agrees (东关社区 beside the code of 东关村), or that the community had once, is another's
        when another of the county has it today. Beside an old code, an old name is right.
        """
        index, key = self._index, community_key(name)
        names = index.names_of[known.id]
        if key not in names:
            if any(could_be(key, each) for each in names):  # the name has lost a character
                return False
            readings = self._readings(name, index.areas_of[known.id])
            return all(community_key(rest) not in names for rest, _ in readings)
        if not is_current or comparable(name) == comparable(known.name):
            return False
        is_old = key != community_key(known.name)
        others = (index.communities[i].name for i in index.communities_in({known.county_id}, key) if i != known.id)
        return any(
            community_key(other) == key and (is_old or (_end_alike(name, other) and not _end_alike(name, known.name)))
            for other in others
        )

    def _community_in(self, text: str, areas: Areas) -> tuple[KnownCommunity, bool]:
        """Return the one community with this name in the areas, or else in what has taken their place.

        Its county and town may be written before the name. The second value tells whether the text names the community
        as it is called today. Raises PlaceNotFoundError.
        """
        index, key = self._index, community_key(text)
        narrow = index.counties_of_scope() if index.city.id in areas else areas
        wide = index.with_successors(narrow)
        found = index.communities_in(narrow, key) or index.communities_in(wide, key)
        name, within = text, wide
        if not found:
            readings = self._readings(text, wide)
            for name, within in readings:
                same = index.communities_in(index.with_successors(within), community_key(name))
                found = {i for i in same if not index.areas_of[i].isdisjoint(wide)}
                if found:
                    break
            else:
                self._reject_unknown(text, *(readings[0] if readings else (text, wide)))
        if len(found) > 1:
            found = {i for i in found if comparable(index.communities[i].name) == comparable(name)} or found
        if len(found) > 1:
            raise PlaceNotFoundError(
                "ambiguous_place", "community_name", f"有{len(found)}个“{text}”，请补上街道（乡镇）或12位社区代码"
            )
        known = index.communities[found.pop()]
        is_there_today = name == text or not within.isdisjoint({known.town_id, known.county_id, index.city.id})
        return known, is_there_today and community_key(name) == community_key(known.name)

    def _reject_unknown(self, text: str, name: str, areas: Areas) -> NoReturn:
        """Raise PlaceNotFoundError for a text that names no community, with the one whose name is nearest to `name`."""
        mine = self._of_scope(areas, "community_name", text)
        areas = self._index.with_successors(mine)
        bare = _REMARK.sub("", name) or name  # 西垴头村（原东垴头村）, 1.栗家岭村
        suggestion = self._suggestions.community(name, areas) or self._suggestions.community(bare, areas)
        raise PlaceNotFoundError(
            "unknown_place", "community_name", f"没有找到“{text}”这个社区（村），请核对名称{suggestion}"
        )

    def _readings(self, text: str, areas: Areas) -> list[tuple[str, Areas]]:
        """Return what a text can mean that begins with its province, city, county or town: the name left, and where it is.

        With or without signs between them: 襄垣县王村镇王桥村, 王村镇-王桥村. The narrowest reading comes first.
        """
        index = self._index
        rest = comparable(text)
        for above in ("山西省", comparable(index.city.name)):
            rest = _without(rest, above)
        readings = [(rest, areas)] if rest != comparable(text) else []
        county = _longest_beginning(rest, index.counties)
        counties = index.counties[county] if county else {index.county_of(area) for area in areas}
        if county:
            rest = _without(rest, county)
            readings.append((rest, counties))
        towns = index.towns_by_name(index.with_successors(counties))
        town = _longest_beginning(rest, towns)
        if town:
            rest = _without(_without(rest, town), "办事处")
            readings.append((rest, towns[town]))
        return [reading for reading in reversed(readings) if reading[0]]


def _longest_beginning(text: str, names: Iterable[str]) -> str:
    """Return the longest of the names that the text begins with, or ""."""
    return max((name for name in names if text.startswith(name)), key=len, default="")


def _without(text: str, beginning: str) -> str:
    """Return a text without a beginning, if it has it, and without the sign behind that (/ - > and the like)."""
    return text.removeprefix(beginning).lstrip(_SEPARATORS) if text.startswith(beginning) else text


def _end_alike(name: str, other: str) -> bool:
    """Return whether two names end alike, as a village's or as an urban community's; a bare name says neither."""
    return (name.endswith(_OF_VILLAGES), name.endswith(_OF_CITIES)) == (
        other.endswith(_OF_VILLAGES),
        other.endswith(_OF_CITIES),
    )
