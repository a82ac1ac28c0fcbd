"""社区 in the demo: how many people live where, and which bodies of self-government there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reports.demo.invention import Invention
from reports.demo.places import DemoCommunity, DemoCounty

Row = dict[str, Any]
UNKNOWN_SHARE = 0.004  # villages whose office could not say how many people live there
PEOPLE_PER_HOUSEHOLD = (2.6, 3.3)


@dataclass(frozen=True, slots=True)
class Inhabited:
    """A community with the number of its residents; 0 where the office left the cell blank."""

    community: DemoCommunity
    residents: int


def inhabit(county: DemoCounty) -> list[Inhabited]:
    """Residents of every community: some 5,000 in an urban one, a few hundred in a village, more at a town's seat."""
    invention = Invention("population", county.code)
    return [Inhabited(community, _residents(community, invention)) for community in county.communities]


def _residents(community: DemoCommunity, invention: Invention) -> int:
    if community.is_urban:
        return round(min(max(invention.around(4_800, 0.4), 900), 16_000))
    seat = 4.5 if community.leads_town else 1.0
    residents = round(min(max(invention.around(520 * seat, 0.75), 45), 9_000))
    return 0 if invention.chance(UNKNOWN_SHARE) else residents


def community_rows(county: DemoCounty, inhabited: list[Inhabited]) -> list[Row]:
    """The rows of the county's 社区 sheet, by field."""
    invention = Invention("communities", county.code)
    return [_row(county, place, invention) for place in inhabited]


def _row(county: DemoCounty, place: Inhabited, invention: Invention) -> Row:
    community = place.community
    row: Row = {
        "county": county.name,
        "town": community.town,
        "community_name": community.name,
        "community_code": community.code,
        "kind": "城市社区" if community.is_urban else "农村社区",
        "has_party": invention.chance(0.98),
        "has_committee": invention.chance(0.99),
        "has_supervision": invention.chance(0.93),
        "has_mass": invention.chance(0.8),
        "has_economic": invention.chance(0.1 if community.is_urban else 0.7),
        "groups": invention.number(4, 18) if community.is_urban else invention.number(1, 8),
        "representatives": invention.number(30, 80) if community.is_urban else invention.number(8, 40),
    }
    if place.residents:
        low, high = PEOPLE_PER_HOUSEHOLD
        row["residents"] = place.residents
        row["households"] = max(round(place.residents / (low + (high - low) * invention.number(0, 100) / 100)), 1)
    return row
