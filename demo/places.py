"""The real places the demo speaks of, as they were called when it begins, and what they are called later."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from changzhi_portal.names import community_key
from communities.models import Community, CommunityPlacement, Division, DivisionChange

# Places without a kind by their code that do have residents: the housing estates of four coal mines.
MINING_COMMUNITIES = frozenset({"140421101400", "140424100400", "140428104400", "140428104401"})


@dataclass(frozen=True, slots=True)
class DemoCommunity:
    """A community that reports, known by the code it had first. `kind` is what its office says it is."""

    code: str
    name: str
    town: str
    kind: str
    leads_town: bool  # the first of its town, where the town's government mostly sits

    @property
    def is_urban(self) -> bool:
        """城市社区."""
        return self.kind == Community.Kind.URBAN

    @property
    def short_name(self) -> str:
        """和平社区, 西垴头村: the name as organizations and facilities carry it."""
        return f"{community_key(self.name)}{'社区' if self.is_urban else '村'}"


@dataclass(frozen=True, slots=True)
class DemoCounty:
    """A county with its reporting communities in the order of their codes, so town by town."""

    code: str
    name: str
    communities: tuple[DemoCommunity, ...]
    renamed: tuple[datetime.date, str] | None = None  # when, and to what

    def name_on(self, day: datetime.date) -> str:
        """What the county, or what has taken its place, is called on a day."""
        return self.renamed[1] if self.renamed and day >= self.renamed[0] else self.name


def demo_counties(day: datetime.date) -> list[DemoCounty]:
    """Every county of `day` with its real communities; virtual places and the empty industrial park do not report."""
    placements = (
        CommunityPlacement.objects.in_effect_on(day)
        .filter(community__is_virtual=False)
        .select_related("community", "town__parent")
        .order_by("town__parent__code", "code")
    )
    reporting = [each for each in placements if each.community.kind or each.code in MINING_COMMUNITIES]
    renamed = {
        change.from_code: (change.effective_on, change.to_name)
        for change in DivisionChange.objects.filter(effective_on__gt=day)
    }
    return [
        _county(county, list(members), renamed.get(county.code))
        for county, members in groupby(reporting, key=lambda placement: placement.town.parent)
    ]


def _county(
    county: Division, members: list[CommunityPlacement], renamed: tuple[datetime.date, str] | None
) -> DemoCounty:
    first_of_town: dict[str, str] = {}
    for member in members:
        first_of_town.setdefault(member.town.name, member.code)
    return DemoCounty(
        code=county.code,
        name=county.name,
        communities=tuple(
            DemoCommunity(
                code=member.code,
                name=member.name,
                town=member.town.name,
                kind=member.community.kind or Community.Kind.URBAN,
                leads_town=first_of_town[member.town.name] == member.code,
            )
            for member in members
        ),
        renamed=renamed,
    )


@dataclass(frozen=True, slots=True)
class Address:
    """What an office writes into the place columns for a community."""

    county: str
    town: str
    community_name: str
    community_code: str


class Atlas:
    """Where the places of the demo's first day lie on another day, and what they are called then."""

    def __init__(self, first_day: datetime.date, day: datetime.date) -> None:
        first = CommunityPlacement.objects.in_effect_on(first_day)
        then = CommunityPlacement.objects.in_effect_on(day).select_related("town__parent")
        by_community = {placement.community_id: _address(placement) for placement in then}
        self.communities: Mapping[str, Address] = {
            code: by_community[community_id]
            for code, community_id in first.values_list("code", "community_id")
            if community_id in by_community
        }
        divisions = Division.objects.select_related("parent").in_bulk()
        known = [division for division in divisions.values() if _stands(division, first_day)]
        self._counties = {
            division.name: _on_day(division, day, divisions).name
            for division in known
            if division.level == Division.Level.COUNTY
        }
        self._towns = {
            (division.parent.name, division.name): _town(_on_day(division, day, divisions))
            for division in known
            if division.level == Division.Level.TOWN and division.parent is not None
        }
        self._names = _names_in_counties(self.communities.values())

    def county(self, county: str) -> str:
        """What stands in the place of a county of the first day."""
        return self._counties[county]

    def town(self, county: str, town: str) -> tuple[str, str]:
        """County and town that stand in the place of those of the first day."""
        return self._towns[county, town]

    def called(self, code: str) -> str:
        """A community in a list: by name where its county has only one of that name, else by code."""
        address = self.communities[code]
        is_alone = self._names[address.county, community_key(address.community_name)] == 1
        return address.community_name if is_alone else address.community_code


def _address(placement: CommunityPlacement) -> Address:
    return Address(*_town(placement.town), placement.name, placement.code)


def _town(town: Division) -> tuple[str, str]:
    return (town.parent.name if town.parent else "", town.name)


def _names_in_counties(addresses: Iterable[Address]) -> dict[tuple[str, str], int]:
    times: dict[tuple[str, str], int] = {}
    for address in addresses:
        key = (address.county, community_key(address.community_name))
        times[key] = times.get(key, 0) + 1
    return times


def _stands(division: Division, day: datetime.date) -> bool:
    return division.valid_from <= day and (division.valid_to is None or division.valid_to > day)


def _on_day(division: Division, day: datetime.date, divisions: Mapping[int, Division]) -> Division:
    """The division itself or, once it was closed, what has taken its place."""
    while division.valid_to is not None and division.valid_to <= day and division.successor_id:
        division = divisions[division.successor_id]
    return division
