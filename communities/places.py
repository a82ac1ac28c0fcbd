"""Finding the place an office means: by code, by names, by old names and codes (domain.md §3, spreadsheets.md).

A `PlaceIndex` is loaded once per check with a fixed number of queries; every look-up after that is a dict.
It holds the communities of the scope only, so that nothing about others can leak through a message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from changzhi_portal.names import community_key, comparable, division_key
from communities.models import Community, CommunityPlacement, Division, DivisionChange
from communities.models.division import CODE_LENGTHS

COUNTY_CODE = CODE_LENGTHS["county"]
TOWN_CODE = CODE_LENGTHS["town"]


class PlaceNotFound(Exception):
    """No place, or more than one, or one outside the scope. `code` is the problem code, `part` the text at fault."""

    def __init__(self, code: str, part: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.part = part  # county, town, community_name or community_code


@dataclass(frozen=True, slots=True)
class KnownCommunity:
    """A community of the scope, as far as finding it needs."""

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


class PlaceIndex:
    """Every division by name, and every community of one scope by code and by name."""

    def __init__(self, scope_path: str) -> None:
        self.scope_path = scope_path
        self.divisions: dict[int, Division] = {d.id: d for d in Division.objects.all()}
        self.city = next(d for d in self.divisions.values() if d.level == Division.Level.CITY)
        self._load_division_names()
        self._load_communities()

    def _load_division_names(self) -> None:
        # name -> ids of standing divisions, with whether the name is today's
        self._counties: dict[str, dict[int, bool]] = defaultdict(dict)
        self._towns: dict[tuple[int, str], dict[int, bool]] = defaultdict(dict)
        self._prefixes: dict[str, set[int]] = defaultdict(set)
        for division in self.divisions.values():
            today = self.today_of(division)
            is_current = today.id == division.id
            self._prefixes[division.code].add(today.id)
            if division.level == Division.Level.COUNTY:
                self._note(self._counties[division.name_key], today.id, is_current)
            elif division.level == Division.Level.TOWN:
                county = self.today_of(self.divisions[division.parent_id])  # type: ignore[index]
                self._note(self._towns[county.id, division.name_key], today.id, is_current)
        # A change that is known but not applied yet: its new names and codes are understood already.
        self._recoded: dict[str, set[str]] = defaultdict(set)
        for change in DivisionChange.objects.filter(level=Division.Level.COUNTY, applied_at__isnull=True):
            for county_id in self._prefixes.get(change.from_code, ()):
                self._note(self._counties[division_key(change.to_name)], county_id, is_current=False)
                self._prefixes[change.to_code].add(county_id)
            self._recoded[change.to_code].add(change.from_code)

    @staticmethod
    def _note(names: dict[int, bool], division_id: int, is_current: bool) -> None:
        names[division_id] = names.get(division_id, False) or is_current

    def _load_communities(self) -> None:
        self._communities: dict[int, KnownCommunity] = {}
        self._codes: dict[str, tuple[int, bool]] = {}
        self._names_in_town: dict[tuple[int, str], set[int]] = defaultdict(set)
        self._names_in_county: dict[tuple[int, str], set[int]] = defaultdict(set)
        self._keys_of: dict[int, set[str]] = defaultdict(set)
        in_scope = Community.objects.standing().filter(Community.in_subtree(self.scope_path))
        for row in in_scope.values_list("id", "town_id", "code", "name"):
            town = self.divisions[row[1]]
            known = KnownCommunity(row[0], row[1], town.parent_id, row[2], row[3])  # type: ignore[arg-type]
            self._communities[known.id] = known
            self._codes[known.code] = (known.id, True)
            self._name(known, known.name)
        past = CommunityPlacement.objects.filter(
            Community.in_subtree(self.scope_path, prefix="community"), valid_to__isnull=False
        )
        for community_id, code, name in past.values_list("community_id", "code", "name"):
            if community_id in self._communities:
                self._codes.setdefault(code, (community_id, False))
                self._name(self._communities[community_id], name)

    def _name(self, community: KnownCommunity, name: str) -> None:
        key = community_key(name)
        self._names_in_town[community.town_id, key].add(community.id)
        self._names_in_county[community.county_id, key].add(community.id)
        self._keys_of[community.id].add(key)

    def today_of(self, division: Division) -> Division:
        """The division that stands today in the place of a closed one."""
        while division.successor_id:
            division = self.divisions[division.successor_id]
        return division

    def holds(self, community_id: int) -> bool:
        """Whether a community stands today and lies in the scope."""
        return community_id in self._communities

    def is_in_scope(self, division_id: int) -> bool:
        """Whether a division lies in the scope, or the scope in it."""
        path = self.divisions[division_id].path
        return path.startswith(self.scope_path) or self.scope_path.startswith(path)

    def _lies_in_scope(self, division_id: int) -> bool:
        return self.divisions[division_id].path.startswith(self.scope_path)

    def find(self, *, county: str, town: str, community: str, code: str) -> Place:
        """The place that the four texts (each may be blank) lead to. Raises PlaceNotFound.

        A code is enough alone; otherwise names are looked up inside the county (by default the scope's).
        """
        counties, old_county = self._county_candidates(county)
        if code:
            known, is_current = self._by_code(code, community, counties if county else None)
            old_parts = old_county + (() if is_current else ("community_code",))
            return Place(known.town_id, known, old_parts)
        towns, old_town = self._town_candidates(counties, town) if town else (None, ())
        if community:
            known = self.community_named(community, counties=counties, towns=towns)
            old_name = () if community_key(community) == community_key(known.name) else ("community_name",)
            return Place(known.town_id, known, old_county + old_town + old_name)
        part = "county" if towns is None else "town"
        candidates = [d for d in (counties if towns is None else towns) if self._lies_in_scope(d)]
        if not candidates:
            raise PlaceNotFound("out_of_scope", part, "这里不在您的填报范围内，请写明本单位的街道（乡镇）或社区")
        if len(candidates) > 1:
            raise PlaceNotFound("ambiguous_place", part, "这个名称对应不止一个地方，请写明县和街道（乡镇）")
        return Place(candidates[0], None, old_county + old_town)

    def _county_candidates(self, text: str) -> tuple[list[int], tuple[str, ...]]:
        """Standing counties of the scope that a text names (all of them for a blank text), and whether by an old name."""
        if not text:
            return self._counties_of_scope(), ()
        named = self._counties.get(division_key(text))
        if named is None and division_key(text) == division_key(self.city.name):
            return [self.city.id], ()
        if not named:
            raise PlaceNotFound(
                "unknown_place", "county", f"没有“{text}”这个县（市、区），请核对名称{self._hint(text, self._counties)}"
            )
        mine = [county_id for county_id in named if self.is_in_scope(county_id)]
        if not mine:
            raise PlaceNotFound("out_of_scope", "county", f"“{text}”不在您的填报范围内，请删去这一行，由该地填报")
        return mine, () if any(named[county_id] for county_id in mine) else ("county",)

    def _counties_of_scope(self) -> list[int]:
        return [
            d.id
            for d in self.divisions.values()
            if d.level == Division.Level.COUNTY and d.valid_to is None and self.is_in_scope(d.id)
        ]

    def _town_candidates(self, counties: list[int], text: str) -> tuple[list[int], tuple[str, ...]]:
        key = division_key(text)
        named: dict[int, bool] = {}
        for county_id in counties:
            named |= self._towns.get((county_id, key), {})
        if not named:
            here = [name for county_id, name in self._towns if county_id in counties]
            raise PlaceNotFound(
                "unknown_place", "town", f"没有“{text}”这个街道（乡镇），请核对名称{self._hint(text, here)}"
            )
        mine = [town_id for town_id in named if self.is_in_scope(town_id)]
        if not mine:
            raise PlaceNotFound("out_of_scope", "town", f"“{text}”不在您的填报范围内，请删去这一行，由该地填报")
        return mine, () if any(named[town_id] for town_id in mine) else ("town",)

    def _by_code(self, code: str, name: str, counties: list[int] | None) -> tuple[KnownCommunity, bool]:
        found = self._codes.get(code) or self._code_before_change(code)
        if found is None:
            prefix = next((p for p in (code[:TOWN_CODE], code[:COUNTY_CODE]) if p in self._prefixes), None)
            if prefix and not any(self.is_in_scope(division_id) for division_id in self._prefixes[prefix]):
                raise PlaceNotFound(
                    "out_of_scope", "community_code", "这个代码不在您的填报范围内，请删去这一行，由该地填报"
                )
            raise PlaceNotFound("unknown_place", "community_code", f"没有代码为“{code}”的社区，请核对12位社区代码")
        known = self._communities[found[0]]
        if name and community_key(name) not in self._keys_of[known.id]:
            raise PlaceNotFound(
                "conflicting_key", "community_code", f"代码与名称对不上：这个代码是“{known.name}”，不是“{name}”，请核对"
            )
        if counties is not None and known.county_id not in counties and self.city.id not in counties:
            raise PlaceNotFound("conflicting_key", "community_code", "代码与县（市、区）对不上，请核对")
        return known, found[1]

    def _code_before_change(self, code: str) -> tuple[int, bool] | None:
        """A code of a county change that is not applied yet, with the old county's digits in front."""
        earlier = {old + code[COUNTY_CODE:] for old in self._recoded.get(code[:COUNTY_CODE], ())}
        found = [self._codes[old] for old in earlier if old in self._codes]
        return (found[0][0], False) if len(found) == 1 else None

    def community_named(self, text: str, *, counties: list[int], towns: list[int] | None = None) -> KnownCommunity:
        """The one community with this name in the towns, or else in the counties. Raises PlaceNotFound."""
        key = community_key(text)
        index, areas = (self._names_in_county, counties) if towns is None else (self._names_in_town, towns)
        if towns is None and self.city.id in counties:
            areas = self._counties_of_scope()
        found = {community_id for area in areas for community_id in index.get((area, key), ())}
        if not found:
            here = [self._communities[i].name for (area, _), ids in index.items() if area in areas for i in ids]
            raise PlaceNotFound(
                "unknown_place", "community_name", f"没有找到“{text}”这个社区（村），请核对名称{self._hint(text, here)}"
            )
        if len(found) > 1:
            found = {i for i in found if comparable(self._communities[i].name) == comparable(text)} or found
        if len(found) > 1:
            raise PlaceNotFound(
                "ambiguous_place", "community_name", f"有{len(found)}个“{text}”，请补上街道（乡镇）或12位社区代码"
            )
        return self._communities[found.pop()]

    def community_within(self, division_id: int, text: str) -> KnownCommunity:
        """The one community with this name in a town, a county or the whole city. Raises PlaceNotFound."""
        if self.divisions[division_id].level == Division.Level.TOWN:
            return self.community_named(text, counties=[], towns=[division_id])
        return self.community_named(text, counties=[division_id])

    def community_coded(self, code: str) -> KnownCommunity:
        """The community with this code. Raises PlaceNotFound."""
        return self._by_code(code, "", None)[0]

    @staticmethod
    def _hint(text: str, names: Iterable[str]) -> str:
        """ "，是否为“虒亭镇”？" for a near miss, or nothing. Endings such as 居委会 are left out of the comparing."""
        by_key = {community_key(name): name for name in names}
        close = get_close_matches(community_key(text), list(by_key), n=1, cutoff=0.5)
        return f"，是否为“{by_key[close[0]]}”？" if close else ""
