"""Understanding what an office writes into its place columns (docs/domain.md §4.3, docs/spreadsheets.md)."""

from __future__ import annotations

from changzhi_portal.names import community_key, comparable, division_key
from changzhi_portal.registers.lost_characters import could_be
from communities.models import Division
from communities.places.index import PlaceIndex
from communities.places.place import Areas, KnownCommunity, Place, PlaceNotFoundError
from communities.places.suggestions import Suggestions


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
            return Place(known.town_id, known, old_parts + (() if is_current else ("community_code",)))
        towns = self._towns_named(counties, town) if town else None
        if community:
            known = self._community_in(community, counties if towns is None else towns)
            old_name = () if community_key(community) == community_key(known.name) else ("community_name",)
            old_parts = self._old(("county", county, known.county_id), ("town", town, known.town_id))
            return Place(known.town_id, known, old_parts + old_name)
        place = self._division("town" if town else "county", counties if towns is None else towns)
        found = self._index.divisions[place.division_id]
        is_town = found.level == Division.Level.TOWN
        county_id = found.parent_id if is_town and found.parent_id else found.id
        return Place(found.id, None, self._old(("county", county, county_id), ("town", town, found.id)))

    def community_within(self, division_id: int, text: str) -> KnownCommunity:
        """Return the one community with this name in a town, a county or the whole city. Raises PlaceNotFoundError."""
        return self._community_in(text, {division_id})

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
        city = division_key(self._index.city.name)
        return tuple(
            part
            for part, text, found in parts
            if text and division_key(text) not in {self._index.divisions[found].name_key, city}
        )

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
        known, _ = found
        names = index.names_of[known.id]
        if name and community_key(name) not in names and not any(could_be(community_key(name), key) for key in names):
            raise PlaceNotFoundError(
                "conflicting_key", "community_code", f"代码与名称对不上：这个代码是“{known.name}”，不是“{name}”，请核对"
            )
        if counties is not None and index.city.id not in counties and index.areas_of[known.id].isdisjoint(counties):
            raise PlaceNotFoundError("conflicting_key", "community_code", "代码与县（市、区）对不上，请核对")
        return found

    def _community_in(self, text: str, areas: Areas) -> KnownCommunity:
        """Return the one community with this name in the areas, or else in what has taken their place.

        Raises PlaceNotFoundError.
        """
        index, key = self._index, community_key(text)
        narrow = index.counties_of_scope() if index.city.id in areas else areas
        wide = index.with_successors(narrow)
        found = index.communities_in(narrow, key) or index.communities_in(wide, key)
        if not found:
            suggestion = self._suggestions.community(text, wide)
            raise PlaceNotFoundError(
                "unknown_place", "community_name", f"没有找到“{text}”这个社区（村），请核对名称{suggestion}"
            )
        if len(found) > 1:
            found = {i for i in found if comparable(index.communities[i].name) == comparable(text)} or found
        if len(found) > 1:
            raise PlaceNotFoundError(
                "ambiguous_place", "community_name", f"有{len(found)}个“{text}”，请补上街道（乡镇）或12位社区代码"
            )
        return index.communities[found.pop()]
