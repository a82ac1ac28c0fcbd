"""Divisions and communities by name and by code: today's, and all there ever were (docs/domain.md §3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import cached_property

from changzhi_portal.names import community_key, division_key
from communities.models import Community, CommunityPlacement, CrosswalkRow, Division, DivisionChange
from communities.models.division import CODE_LENGTHS
from communities.places.place import Areas, KnownCommunity, Place

COUNTY_CODE = CODE_LENGTHS["county"]
TOWN_CODE = CODE_LENGTHS["town"]


class PlaceIndex:
    """Every division by name, and every community of one scope by code and by name.

    It is loaded once per check with a fixed number of queries; every look-up after that is a dict. It holds the
    communities of the scope only, so that nothing about others can leak through a message.

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

    # --- Loading ---

    def _load_division_names(self) -> None:
        self.counties: dict[str, Areas] = defaultdict(set)  # by name
        self.towns: dict[tuple[int, str], Areas] = defaultdict(set)  # by any county it lay in and its name
        self.prefixes: dict[str, set[int]] = defaultdict(set)  # divisions by the code that codes in them begin with
        for division in self.divisions.values():
            self.prefixes[division.code].add(division.id)
            if division.level == Division.Level.COUNTY:
                self.counties[division.name_key].add(division.id)
            elif division.level == Division.Level.TOWN and division.parent_id is not None:
                county_today = self.today_of(self.divisions[self.today_of(division).parent_id or division.parent_id])
                for county_id in {division.parent_id, county_today.id}:
                    self.towns[county_id, division.name_key].add(division.id)

    def _load_communities(self) -> None:
        self.communities: dict[int, KnownCommunity] = {}
        self.codes: dict[str, tuple[int, bool]] = {}  # code -> community, and whether it is today's code
        self.names_of: dict[int, set[str]] = defaultdict(set)  # every name a community has or had, for comparing
        self.areas_of: dict[int, Areas] = defaultdict(set)  # every county and town it lies in or lay in
        self.formerly: dict[tuple[int, str], int] = {}  # community and a name or code -> the closed one that had it
        in_scope = Community.objects.current().filter(Community.in_subtree(self.scope_path))
        for row in in_scope.values_list("id", "town_id", "code", "name"):
            town = self.divisions[row[1]]
            known = KnownCommunity(row[0], row[1], town.parent_id, row[2], row[3])  # type: ignore[arg-type]
            self.communities[known.id] = known
            self.codes[known.code] = (known.id, True)
            self.names_of[known.id].add(community_key(known.name))
            self.areas_of[known.id] |= {known.town_id, known.county_id}
        past = CommunityPlacement.objects.filter(
            Community.in_subtree(self.scope_path, prefix="community"), valid_to__isnull=False
        ).order_by("-valid_to")
        self.stands_for = Community.objects.filter(Community.in_subtree(self.scope_path)).standing_for_closed()
        closed: list[tuple[int, int, int, str, str]] = []
        for community_id, town_id, code, name in past.values_list("community_id", "town_id", "code", "name"):
            standing = self.stands_for.get(community_id, community_id)
            if standing not in self.communities:
                continue
            if standing != community_id:
                closed.append((standing, community_id, town_id, code, name))
                continue
            self._add_former(standing, town_id, code, name)
        for standing, community_id, _, code, name in closed:
            if community_key(name) not in self.names_of[standing]:
                self.formerly.setdefault((standing, community_key(name)), community_id)
            self.formerly.setdefault((standing, code), community_id)
        for standing, _, town_id, code, name in closed:
            self._add_former(standing, town_id, code, name)

    def _add_former(self, community_id: int, town_id: int, code: str, name: str) -> None:
        """Add a former name, code and place of a community, its own or that of one whose place it has taken."""
        self.codes.setdefault(code, (community_id, False))
        self.names_of[community_id].add(community_key(name))
        self.areas_of[community_id] |= {town_id, self.divisions[town_id].parent_id or town_id}

    def _load_pending_changes(self) -> None:
        """Add the names and codes of a change that is known but not applied yet: they are understood already."""
        self._recoded: dict[str, set[str]] = defaultdict(set)
        for change in DivisionChange.objects.filter(applied_at__isnull=True).exclude(from_code="").exclude(to_code=""):
            for division_id in list(self.prefixes.get(change.from_code, ())):
                division = self.divisions[division_id]
                if division.valid_to is None:
                    self.prefixes[change.to_code].add(division_id)
                    self._add_new_name(division, division_key(change.to_name))
            self._recoded[change.to_code].add(change.from_code)
        self._announced: set[str] = set()
        rows = CrosswalkRow.objects.pending().exclude(from_code="").exclude(to_code="")
        for from_code, to_code, to_name in rows.values_list("from_code", "to_code", "to_name"):
            self._announced.add(to_code)
            self.prefixes[to_code[:TOWN_CODE]] |= self.prefixes.get(from_code[:TOWN_CODE], set())
            found = self.codes.get(from_code)
            if found is not None:
                self.codes.setdefault(to_code, (found[0], False))
                self.names_of[found[0]].add(community_key(to_name))

    def _add_new_name(self, division: Division, key: str) -> None:
        if division.level == Division.Level.COUNTY:
            self.counties[key].add(division.id)
        elif division.parent_id is not None:
            self.towns[division.parent_id, key].add(division.id)

    @cached_property
    def _named_in(self) -> Mapping[tuple[int, str], set[int]]:
        """The communities by area and name; not put together for a file that gives codes throughout."""
        named_in: dict[tuple[int, str], set[int]] = defaultdict(set)
        for community_id, areas in self.areas_of.items():
            for key in self.names_of[community_id]:
                for area in areas:
                    named_in[area, key].add(community_id)
        return named_in

    # --- Today and the past ---

    def today_of(self, division: Division) -> Division:
        """Return the division that stands today in the place of a closed one."""
        while division.successor_id:
            division = self.divisions[division.successor_id]
        return division

    def past_of(self, division_id: int) -> list[int]:
        """Return a division and all that it has taken the place of: facts keep the one they were recorded at."""
        return [d.id for d in self.divisions.values() if self.today_of(d).id == division_id]

    def with_successors(self, areas: Areas) -> Areas:
        """Return the areas and what has taken the place of closed ones."""
        return areas | {self.today_of(self.divisions[area]).id for area in areas}

    def place_at(self, community_id: int | None, division_id: int | None) -> Place | None:
        """Return the place of a record: its community, or what stands today where its division was.

        None outside the scope.
        """
        if community_id is not None:
            known = self.communities.get(self.stands_for.get(community_id, community_id))
            return Place(known.town_id, known) if known else None
        if division_id is None:
            return None
        today = self.today_of(self.divisions[division_id])
        return Place(today.id, None) if self.lies_in_scope(today.id) else None

    # --- The scope ---

    def holds(self, community_id: int) -> bool:
        """Tell whether a community stands today and lies in the scope."""
        return community_id in self.communities

    def lies_in_scope(self, division_id: int) -> bool:
        """Tell whether a division lies in the scope."""
        return self.divisions[division_id].path.startswith(self.scope_path)

    def is_in_scope(self, division_id: int) -> bool:
        """Tell whether a division lies in the scope, or the scope in it; or once held a community that now does."""
        path = self.divisions[division_id].path
        is_related = path.startswith(self.scope_path) or self.scope_path.startswith(path)
        return is_related or division_id in self._areas_in_scope

    @cached_property
    def _areas_in_scope(self) -> Areas:
        """Every county and town that a community of the scope has ever lain in."""
        return {area for areas in self.areas_of.values() for area in areas}

    def counties_of_scope(self) -> Areas:
        """Return the counties of today that lie in the scope, or that the scope lies in."""
        return {
            d.id
            for d in self.divisions.values()
            if d.level == Division.Level.COUNTY and d.valid_to is None and self.is_in_scope(d.id)
        }

    # --- Names and codes ---

    def towns_in(self, counties: Areas, key: str) -> Areas:
        """Return the towns of this name, of any time, in counties."""
        return {town_id for county_id in counties for town_id in self.towns.get((county_id, key), ())}

    def county_of(self, area: int) -> int:
        """Return the county that an area is or lies in."""
        division = self.divisions[area]
        return division.parent_id or area if division.level == Division.Level.TOWN else area

    def towns_by_name(self, counties: Areas) -> dict[str, Areas]:
        """Return the towns of counties, of any time, by name."""
        found: dict[str, Areas] = defaultdict(set)
        for (county_id, key), towns in self.towns.items():
            if county_id in counties:
                found[key] |= towns
        return found

    def communities_in(self, areas: Areas, key: str) -> set[int]:
        """Return the communities of the scope that have or had this name in counties or towns."""
        return {community_id for area in areas for community_id in self._named_in.get((area, key), ())}

    def community_names_in(self, areas: Collection[int]) -> list[str]:
        """Return today's names of the communities of the scope in counties or towns."""
        named = (ids for (area, _), ids in self._named_in.items() if area in areas)
        return [self.communities[i].name for ids in named for i in ids]

    def community_coded(self, code: str) -> tuple[KnownCommunity, bool] | None:
        """Return the community of the scope with this code, and whether the code is today's; None without one."""
        found = self.codes.get(code) or self._coded_before_change(code)
        return (self.communities[found[0]], found[1]) if found is not None else None

    def _coded_before_change(self, code: str) -> tuple[int, bool] | None:
        """Return what a code means of a change that is not applied yet and of which the crosswalk says nothing.

        It is the old code with the old division's digits replaced.
        """
        if code in self._announced:
            return None
        earlier = {
            old + code[len(old) :] for new, olds in self._recoded.items() if code.startswith(new) for old in olds
        }
        found = [self.codes[old] for old in earlier if old in self.codes]
        return (found[0][0], False) if len(found) == 1 else None

    def is_code_of_others(self, code: str) -> bool:
        """Tell whether a code that nobody of the scope has begins like those of a town or county outside the scope."""
        prefix = next((p for p in (code[:TOWN_CODE], code[:COUNTY_CODE]) if p in self.prefixes), None)
        return prefix is not None and not any(self.is_in_scope(division_id) for division_id in self.prefixes[prefix])
