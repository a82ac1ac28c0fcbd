"""Finding the place an office means: by code, by names, by old names and codes (docs/domain.md §3, docs/spreadsheets.md).

A `PlaceIndex` is loaded once per check with a fixed number of queries; every look-up after that is a dict.
It holds the communities of the scope only, so that nothing about others can leak through a message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from changzhi_portal.names import community_key, comparable, division_key
from changzhi_portal.registers.likeness import NearestName
from communities.models import Community, CommunityPlacement, CrosswalkRow, Division, DivisionChange
from communities.models.division import CODE_LENGTHS

COUNTY_CODE = CODE_LENGTHS["county"]
TOWN_CODE = CODE_LENGTHS["town"]


class PlaceNotFoundError(Exception):
    """No place, or more than one, or one outside the scope. `code` is the problem code, `part` the text at fault."""

    def __init__(self, code: str, part: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.part = part  # county, town, community_name or community_code


class KnownCommunity(NamedTuple):
    """A community of the scope, as far as finding it needs. Every check of a file makes one of each community."""

    id: int
    town_id: int
    county_id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row belongs: a community, or (then `community` is None) a town or county itself."""

    division_id: int  # the community's town, or the division itself
    community: KnownCommunity | None
    old_parts: tuple[str, ...] = ()  # which texts used a name or code that is not today's


# Counties or towns of any time.
Areas = set[int]


class PlaceIndex:
    """Every division by name, and every community of one scope by code and by name: today's, and all there ever were.

    An area is a county or town of any time. An old name means the old area: 城区 in a file of today are the communities
    that once lay there, so that names which the merger has made ambiguous still say which one is meant.
    """

    def __init__(self, scope_path: str) -> None:
        self.scope_path = scope_path
        self.divisions: dict[int, Division] = {d.id: d for d in Division.objects.all()}
        self.city = next(d for d in self.divisions.values() if d.level == Division.Level.CITY)
        self._load_division_names()
        self._load_communities()
        self._load_pending_changes()
        self._nearest: dict[tuple[str, frozenset[int]], NearestName] = {}

    def _load_division_names(self) -> None:
        self._counties: dict[str, Areas] = defaultdict(set)
        self._towns: dict[tuple[int, str], Areas] = defaultdict(set)  # by any county it lay in and its name
        self._prefixes: dict[str, set[int]] = defaultdict(set)
        for division in self.divisions.values():
            self._prefixes[division.code].add(division.id)
            if division.level == Division.Level.COUNTY:
                self._counties[division.name_key].add(division.id)
            elif division.level == Division.Level.TOWN and division.parent_id is not None:
                county_today = self.today_of(self.divisions[self.today_of(division).parent_id or division.parent_id])
                for county_id in {division.parent_id, county_today.id}:
                    self._towns[county_id, division.name_key].add(division.id)

    def _load_communities(self) -> None:
        self._communities: dict[int, KnownCommunity] = {}
        self._codes: dict[str, tuple[int, bool]] = {}
        self._keys_of: dict[int, set[str]] = defaultdict(set)
        self._areas_of: dict[int, set[int]] = defaultdict(set)
        in_scope = Community.objects.current().filter(Community.in_subtree(self.scope_path))
        for row in in_scope.values_list("id", "town_id", "code", "name"):
            town = self.divisions[row[1]]
            known = KnownCommunity(row[0], row[1], town.parent_id, row[2], row[3])  # type: ignore[arg-type]
            self._communities[known.id] = known
            self._codes[known.code] = (known.id, True)
            self._keys_of[known.id].add(community_key(known.name))
            self._areas_of[known.id] |= {known.town_id, known.county_id}
        past = CommunityPlacement.objects.filter(
            Community.in_subtree(self.scope_path, prefix="community"), valid_to__isnull=False
        ).order_by("-valid_to")
        for community_id, town_id, code, name in past.values_list("community_id", "town_id", "code", "name"):
            if community_id in self._communities:
                self._codes.setdefault(code, (community_id, False))
                self._keys_of[community_id].add(community_key(name))
                self._areas_of[community_id] |= {town_id, self.divisions[town_id].parent_id or town_id}

    @cached_property
    def _names_in(self) -> Mapping[tuple[int, str], set[int]]:
        """The communities by area and name; not put together for a file that gives codes throughout."""
        names_in: dict[tuple[int, str], set[int]] = defaultdict(set)
        for community_id, areas in self._areas_of.items():
            for key in self._keys_of[community_id]:
                for area in areas:
                    names_in[area, key].add(community_id)
        return names_in

    @cached_property
    def _areas_in_scope(self) -> Areas:
        """Every county and town that a community of the scope has ever lain in."""
        return {area for areas in self._areas_of.values() for area in areas}

    def _load_pending_changes(self) -> None:
        """A change that is known but not applied yet: its new names and codes are understood already."""
        self._recoded: dict[str, set[str]] = defaultdict(set)
        for change in DivisionChange.objects.filter(applied_at__isnull=True):
            for division_id in list(self._prefixes.get(change.from_code, ())):
                division = self.divisions[division_id]
                if division.valid_to is None:
                    self._prefixes[change.to_code].add(division_id)
                    self._note_new_name(division, division_key(change.to_name))
            self._recoded[change.to_code].add(change.from_code)
        self._announced: set[str] = set()
        rows = CrosswalkRow.objects.pending().exclude(from_code="").exclude(to_code="")
        for from_code, to_code, to_name in rows.values_list("from_code", "to_code", "to_name"):
            self._announced.add(to_code)
            self._prefixes[to_code[:TOWN_CODE]] |= self._prefixes.get(from_code[:TOWN_CODE], set())
            found = self._codes.get(from_code)
            if found is not None:
                self._codes.setdefault(to_code, (found[0], False))
                self._keys_of[found[0]].add(community_key(to_name))

    def _note_new_name(self, division: Division, key: str) -> None:
        if division.level == Division.Level.COUNTY:
            self._counties[key].add(division.id)
        elif division.parent_id is not None:
            self._towns[division.parent_id, key].add(division.id)

    def today_of(self, division: Division) -> Division:
        """The division that stands today in the place of a closed one."""
        while division.successor_id:
            division = self.divisions[division.successor_id]
        return division

    def past_of(self, division_id: int) -> list[int]:
        """A division and all that it has taken the place of: facts keep the one they were recorded at."""
        return [d.id for d in self.divisions.values() if self.today_of(d).id == division_id]

    def place_at(self, community_id: int | None, division_id: int | None) -> Place | None:
        """The place of a record: its community, or what stands today where its division was. None outside the scope."""
        if community_id is not None:
            known = self._communities.get(community_id)
            return Place(known.town_id, known) if known else None
        if division_id is None:
            return None
        today = self.today_of(self.divisions[division_id])
        return Place(today.id, None) if self._lies_in_scope(today.id) else None

    def holds(self, community_id: int) -> bool:
        """Whether a community stands today and lies in the scope."""
        return community_id in self._communities

    def is_in_scope(self, division_id: int) -> bool:
        """Whether a division lies in the scope, or the scope in it; or once held a community that now does."""
        path = self.divisions[division_id].path
        is_related = path.startswith(self.scope_path) or self.scope_path.startswith(path)
        return is_related or division_id in self._areas_in_scope

    def _lies_in_scope(self, division_id: int) -> bool:
        return self.divisions[division_id].path.startswith(self.scope_path)

    def find(self, *, county: str, town: str, community: str, code: str) -> Place:
        """The place that the four texts (each may be blank) lead to. Raises PlaceNotFoundError.

        A code is enough alone; otherwise names are looked up inside the county (by default the scope's).
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
        found = self.divisions[place.division_id]
        is_town = found.level == Division.Level.TOWN
        county_id = found.parent_id if is_town and found.parent_id else found.id
        return Place(found.id, None, self._old(("county", county, county_id), ("town", town, found.id)))

    def _division(self, part: str, named: Areas) -> Place:
        today = {self.today_of(self.divisions[area]).id for area in named}
        candidates = [division_id for division_id in today if self._lies_in_scope(division_id)]
        if not candidates:
            raise PlaceNotFoundError("out_of_scope", part, "这里不在您的填报范围内，请写明本单位的街道（乡镇）或社区")
        if len(candidates) > 1:
            raise PlaceNotFoundError("ambiguous_place", part, "这个名称对应不止一个地方，请写明县和街道（乡镇）")
        return Place(candidates[0], None)

    def _old(self, *parts: tuple[str, str, int]) -> tuple[str, ...]:
        """Which of the texts is not today's name of where the row has led to; the city's name is above them all."""
        city = division_key(self.city.name)
        return tuple(
            part
            for part, text, found in parts
            if text and division_key(text) not in {self.divisions[found].name_key, city}
        )

    def _counties_named(self, text: str) -> Areas:
        """The counties of any time that a text names, as far as the scope has to do with them; of a blank text all."""
        if not text:
            return set(self._counties_of_scope())
        named = self._counties.get(division_key(text))
        if named is None and division_key(text) == division_key(self.city.name):
            return {self.city.id}
        if not named:
            raise PlaceNotFoundError(
                "unknown_place",
                "county",
                f"没有“{text}”这个县（市、区），请核对名称{self._hint(text, 'county', (), lambda: self._counties)}",
            )
        mine = {area for area in named if self.is_in_scope(area)}
        if not mine:
            raise PlaceNotFoundError("out_of_scope", "county", f"“{text}”不在您的填报范围内，请删去这一行，由该地填报")
        return mine

    def _counties_of_scope(self) -> list[int]:
        return [
            d.id
            for d in self.divisions.values()
            if d.level == Division.Level.COUNTY and d.valid_to is None and self.is_in_scope(d.id)
        ]

    def _towns_named(self, counties: Areas, text: str) -> Areas:
        key = division_key(text)
        narrow = set(self._counties_of_scope()) if self.city.id in counties else counties
        wide = self._with_successors(narrow)
        named = self._towns_in(narrow, key) or self._towns_in(wide, key)
        if not named:
            hint = self._hint(text, "town", wide, lambda: [name for area, name in self._towns if area in wide])
            raise PlaceNotFoundError("unknown_place", "town", f"没有“{text}”这个街道（乡镇），请核对名称{hint}")
        mine = {area for area in named if self.is_in_scope(area)}
        if not mine:
            raise PlaceNotFoundError("out_of_scope", "town", f"“{text}”不在您的填报范围内，请删去这一行，由该地填报")
        return mine

    def _towns_in(self, counties: Areas, key: str) -> Areas:
        return {town_id for county_id in counties for town_id in self._towns.get((county_id, key), ())}

    def _with_successors(self, areas: Areas) -> Areas:
        """The areas and what has taken the place of closed ones."""
        return areas | {self.today_of(self.divisions[area]).id for area in areas}

    def _by_code(self, code: str, name: str, counties: Areas | None) -> tuple[KnownCommunity, bool]:
        found = self._codes.get(code) or self._code_before_change(code)
        if found is None:
            prefix = next((p for p in (code[:TOWN_CODE], code[:COUNTY_CODE]) if p in self._prefixes), None)
            if prefix and not any(self.is_in_scope(division_id) for division_id in self._prefixes[prefix]):
                raise PlaceNotFoundError(
                    "out_of_scope", "community_code", "这个代码不在您的填报范围内，请删去这一行，由该地填报"
                )
            raise PlaceNotFoundError("unknown_place", "community_code", f"没有代码为“{code}”的社区，请核对12位社区代码")
        known = self._communities[found[0]]
        if name and community_key(name) not in self._keys_of[known.id]:
            raise PlaceNotFoundError(
                "conflicting_key", "community_code", f"代码与名称对不上：这个代码是“{known.name}”，不是“{name}”，请核对"
            )
        if counties is not None and self.city.id not in counties and self._areas_of[known.id].isdisjoint(counties):
            raise PlaceNotFoundError("conflicting_key", "community_code", "代码与县（市、区）对不上，请核对")
        return known, found[1]

    def _code_before_change(self, code: str) -> tuple[int, bool] | None:
        """A code of a change that is not applied yet and of which the crosswalk says nothing: with the old digits."""
        if code in self._announced:
            return None
        earlier = {
            old + code[len(old) :] for new, olds in self._recoded.items() if code.startswith(new) for old in olds
        }
        found = [self._codes[old] for old in earlier if old in self._codes]
        return (found[0][0], False) if len(found) == 1 else None

    def _community_in(self, text: str, areas: Areas) -> KnownCommunity:
        """The one community with this name in the areas, or else in what has taken their place. Raises PlaceNotFoundError."""
        key = community_key(text)
        narrow = set(self._counties_of_scope()) if self.city.id in areas else areas
        wide = self._with_successors(narrow)
        found = self._communities_in(narrow, key) or self._communities_in(wide, key)
        if not found:
            hint = self._hint(text, "community", wide, lambda: self._community_names_in(wide))
            raise PlaceNotFoundError(
                "unknown_place", "community_name", f"没有找到“{text}”这个社区（村），请核对名称{hint}"
            )
        if len(found) > 1:
            found = {i for i in found if comparable(self._communities[i].name) == comparable(text)} or found
        if len(found) > 1:
            raise PlaceNotFoundError(
                "ambiguous_place", "community_name", f"有{len(found)}个“{text}”，请补上街道（乡镇）或12位社区代码"
            )
        return self._communities[found.pop()]

    def _communities_in(self, areas: Areas, key: str) -> set[int]:
        return {community_id for area in areas for community_id in self._names_in.get((area, key), ())}

    def community_within(self, division_id: int, text: str) -> KnownCommunity:
        """The one community with this name in a town, a county or the whole city. Raises PlaceNotFoundError."""
        return self._community_in(text, {division_id})

    def community_coded(self, code: str) -> KnownCommunity:
        """The community with this code. Raises PlaceNotFoundError."""
        return self._by_code(code, "", None)[0]

    def _community_names_in(self, areas: Areas) -> list[str]:
        named = (ids for (area, _), ids in self._names_in.items() if area in areas)
        return [self._communities[i].name for ids in named for i in ids]

    def _hint(self, text: str, kind: str, areas: Iterable[int], names: Callable[[], Iterable[str]]) -> str:
        """ "，是否为“虒亭镇”？" for a near miss among the names of a kind in these areas, or nothing.

        Endings such as 居委会 are left out of the comparing.
        """
        key = (kind, frozenset(areas))
        if key not in self._nearest:
            self._nearest[key] = NearestName(names(), community_key)
        near = self._nearest[key].to(text)
        return f"，是否为“{near}”？" if near else ""
