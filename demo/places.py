"""The real places of the demo, with their names in its first month and their later names."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from changzhi_portal.names import community_key
from communities.models import Community, CommunityPlacement, Division, DivisionChange

# The housing estates of four coal mines: they have residents, although their codes give no default kind.
MINING_COMMUNITIES = frozenset({"140421101400", "140424100400", "140428104400", "140428104401"})


@dataclass(frozen=True, slots=True)
class DemoCommunity:
    """A community that reports, with its code and name on the demo's first day."""

    code: str
    name: str
    town: str
    kind: str
    leads_town: bool  # the first community of its town, usually the seat of the town's government

    @property
    def is_urban(self) -> bool:
        """Return whether it is a 城市社区."""
        return self.kind == Community.Kind.URBAN

    @property
    def short_name(self) -> str:
        """Return the short name that organizations and facilities use: 和平社区, 西垴头村."""
        return f"{community_key(self.name)}{'社区' if self.is_urban else '村'}"


@dataclass(frozen=True, slots=True)
class DemoCounty:
    """A county with its reporting communities in the order of their codes, that is, town by town."""

    code: str
    name: str
    communities: tuple[DemoCommunity, ...]
    renamed: tuple[datetime.date, str] | None = None  # day and new name

    def name_on(self, day: datetime.date) -> str:
        """Return the name of the county, or of its successor, on a day."""
        return self.renamed[1] if self.renamed and day >= self.renamed[0] else self.name


def demo_counties(day: datetime.date) -> list[DemoCounty]:
    """Return every county of `day` with its reporting communities, without virtual ones and those without a kind."""
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
    """The values of a community's place columns."""

    county: str
    town: str
    community_name: str
    community_code: str


class PlaceNames:
    """The names of the places of the demo's first day on another day, after changes of divisions."""

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
        known = [division for division in divisions.values() if _in_effect(division, first_day)]
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
        """Return the name of the county, or of its successor, for a county name of the first day."""
        return self._counties[county]

    def town(self, county: str, town: str) -> tuple[str, str]:
        """Return the names of county and town, or of their successors, for those of the first day."""
        return self._towns[county, town]

    def list_name(self, code: str) -> str:
        """Return how a list names a community: by name where it is unique in the county, else by code."""
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


def _in_effect(division: Division, day: datetime.date) -> bool:
    return division.valid_from <= day and (division.valid_to is None or division.valid_to > day)


def _on_day(division: Division, day: datetime.date, divisions: Mapping[int, Division]) -> Division:
    """Return the division itself or, if it was closed by `day`, its latest successor."""
    while division.valid_to is not None and division.valid_to <= day and division.successor_id:
        division = divisions[division.successor_id]
    return division
