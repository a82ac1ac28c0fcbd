"""社区 in the demo: how many people live where, which bodies of self-government there are, and how people are counted anew."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from demo.invention import Invention
from demo.places import DemoCommunity, DemoCounty
from demo.span import Span
from demo.story import Row, Story, in_order
from periods.models import last_day_of

UNKNOWN_SHARE = 0.006  # villages whose office could not say how many people live there
PEOPLE_PER_HOUSEHOLD = (2.6, 3.3)
COUNTED_ANEW = 18  # communities that a county counts when its turn comes
LARGEST_VILLAGE = 4_700  # a larger one would stand out among its neighbours, and the checks would ask about it


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
    residents = round(min(max(invention.around(520 * seat, 0.75), 45), LARGEST_VILLAGE))
    return 0 if invention.chance(UNKNOWN_SHARE) else residents


def community_story(county: DemoCounty, inhabited: list[Inhabited], span: Span, *, turn: int, turns: int) -> Story:
    """The rows of the county's 社区 sheets, by month and field.

    Counties count some of their people anew in turn, one a month: this one in every `turns`-th month from `turn` on. In
    the month in hand all do.
    """
    invention = Invention("communities", county.code)
    told = {span.first: [_row(county, place, invention) for place in inhabited]}
    residents = {place.community.code: place.residents for place in inhabited}
    for number, month in enumerate(span.later):
        is_our_turn = number % turns == turn or month == span.last
        chosen = _to_count([place.community for place in inhabited], residents, invention) if is_our_turn else []
        rows = []
        for community in chosen:
            residents[community.code] = _counted_anew(community, residents[community.code], invention)
            rows.append(_address(county, community) | _figures(residents[community.code], invention, month))
        told[month] = in_order(rows, county.communities)
    return told


def _to_count(communities: list[DemoCommunity], residents: dict[str, int], invention: Invention) -> list[DemoCommunity]:
    """Some whose number is known, and half of those whose number is still missing."""
    missing = [community for community in communities if not residents[community.code]]
    known = [community for community in communities if residents[community.code]]
    return [*invention.some_of(known, COUNTED_ANEW), *missing[: (len(missing) + 1) // 2]]


def _counted_anew(community: DemoCommunity, before: int, invention: Invention) -> int:
    """Villages lose some people, urban communities win some."""
    if not before:
        return invention.number(150, 900)
    low, high = (99, 104) if community.is_urban else (96, 101)
    return max(round(before * invention.number(low, high) / 100), 30)


def _row(county: DemoCounty, place: Inhabited, invention: Invention) -> Row:
    community = place.community
    row = _address(county, community) | {
        "kind": "城市社区" if community.is_urban else "农村社区",
        "has_party": invention.chance(0.98),
        "has_committee": invention.chance(0.998),
        "has_supervision": invention.chance(0.93),
        "has_mass": invention.chance(0.8),
        "has_economic": invention.chance(0.1 if community.is_urban else 0.7),
        "groups": invention.number(4, 18) if community.is_urban else invention.number(1, 8),
        "representatives": invention.number(30, 80) if community.is_urban else invention.number(8, 40),
    }
    return row | _figures(place.residents, invention) if place.residents else row


def _address(county: DemoCounty, community: DemoCommunity) -> Row:
    return {
        "county": county.name,
        "town": community.town,
        "community_name": community.name,
        "community_code": community.code,
    }


def _figures(residents: int, invention: Invention, month: datetime.date | None = None) -> Row:
    """People and households; with the day they were counted, where the month does not say it."""
    low, high = PEOPLE_PER_HOUSEHOLD
    people_a_household = low + (high - low) * invention.number(0, 100) / 100
    figures: Row = {"residents": residents, "households": max(round(residents / people_a_household), 1)}
    return figures | {"as_of": last_day_of(month)} if month else figures
