"""Demo rows of 社区: residents, bodies of self-government, and later counts of residents."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from demo.fake_data import FakeData
from demo.monthly_rows import Row, RowsByMonth, sorted_by_place
from demo.places import DemoCommunity, DemoCounty
from demo.span import Span
from periods.models import last_day_of

UNKNOWN_SHARE = 0.006  # share of villages whose number of residents is left blank
PEOPLE_PER_HOUSEHOLD = (2.6, 3.3)
RECOUNTED = 18  # communities that a county counts again when its turn comes
LARGEST_VILLAGE = 4_700  # residents; the check population_unlike_peers would report a larger village


@dataclass(frozen=True, slots=True)
class PopulatedCommunity:
    """A community with its number of residents in the first month; 0 means that the cell is left blank."""

    community: DemoCommunity
    residents: int


def add_residents(county: DemoCounty) -> list[PopulatedCommunity]:
    """Return the county's communities with residents: about 5,000 in an urban one, some hundred in a village."""
    fake = FakeData("population", county.code)
    return [PopulatedCommunity(community, _residents(community, fake)) for community in county.communities]


def _residents(community: DemoCommunity, fake: FakeData) -> int:
    if community.is_urban:
        return round(min(max(fake.around(4_800, 0.4), 900), 16_000))
    seat = 4.5 if community.leads_town else 1.0
    residents = round(min(max(fake.around(520 * seat, 0.75), 45), LARGEST_VILLAGE))
    return 0 if fake.chance(UNKNOWN_SHARE) else residents


def community_rows(
    county: DemoCounty, populated: list[PopulatedCommunity], span: Span, *, turn: int, turns: int
) -> RowsByMonth:
    """Return the rows of the county's 社区 sheets by month, each a dict by field.

    Counties count some of their communities again in turn, one county a month: this one in every `turns`-th month from
    month number `turn` on. In the month in hand all counties do.
    """
    fake = FakeData("communities", county.code)
    rows_by_month = {span.first: [_row(county, place, fake) for place in populated]}
    residents = {place.community.code: place.residents for place in populated}
    for number, month in enumerate(span.later):
        is_our_turn = number % turns == turn or month == span.last
        chosen = _to_count([place.community for place in populated], residents, fake) if is_our_turn else []
        rows = []
        for community in chosen:
            residents[community.code] = _new_count(community, residents[community.code], fake)
            rows.append(_address(county, community) | _figures(residents[community.code], fake, month))
        rows_by_month[month] = sorted_by_place(rows, county.communities)
    return rows_by_month


def _to_count(communities: list[DemoCommunity], residents: dict[str, int], fake: FakeData) -> list[DemoCommunity]:
    """Choose some communities whose number is known and half of those whose number is still missing."""
    missing = [community for community in communities if not residents[community.code]]
    known = [community for community in communities if residents[community.code]]
    return [*fake.some_of(known, RECOUNTED), *missing[: (len(missing) + 1) // 2]]


def _new_count(community: DemoCommunity, before: int, fake: FakeData) -> int:
    """Return a new number of residents: villages lose some, urban communities gain some."""
    if not before:
        return fake.number(150, 900)
    low, high = (99, 104) if community.is_urban else (96, 101)
    return max(round(before * fake.number(low, high) / 100), 30)


def _row(county: DemoCounty, place: PopulatedCommunity, fake: FakeData) -> Row:
    community = place.community
    row = _address(county, community) | {
        "kind": "城市社区" if community.is_urban else "农村社区",
        "has_party": fake.chance(0.98),
        "has_committee": fake.chance(0.998),
        "has_supervision": fake.chance(0.93),
        "has_mass": fake.chance(0.8),
        "has_economic": fake.chance(0.1 if community.is_urban else 0.7),
        "groups": fake.number(4, 18) if community.is_urban else fake.number(1, 8),
        "representatives": fake.number(30, 80) if community.is_urban else fake.number(8, 40),
    }
    return row | _figures(place.residents, fake) if place.residents else row


def _address(county: DemoCounty, community: DemoCommunity) -> Row:
    return {
        "county": county.name,
        "town": community.town,
        "community_name": community.name,
        "community_code": community.code,
    }


def _figures(residents: int, fake: FakeData, month: datetime.date | None = None) -> Row:
    """Return residents and households; with `month` also the day they were counted, its last."""
    low, high = PEOPLE_PER_HOUSEHOLD
    people_a_household = low + (high - low) * fake.number(0, 100) / 100
    figures: Row = {"residents": residents, "households": max(round(residents / people_a_household), 1)}
    return figures | {"as_of": last_day_of(month)} if month else figures
