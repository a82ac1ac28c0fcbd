"""Factories of changes of divisions and rows of their crosswalk, and invariants of the divisions after any change."""

from __future__ import annotations

import datetime
import itertools

from changzhi_portal.records import BEGINNING
from communities.models import Community, CommunityPlacement, CrosswalkRow, Division, DivisionChange

DAY = datetime.date(2018, 11, 23)
EVE = DAY - datetime.timedelta(days=1)


def change(kind, old, code, name, *, day=DAY):
    """Create a change that is noted and not applied."""
    return DivisionChange.objects.create(
        kind=kind,
        level=old.level,
        effective_on=day,
        from_code=old.code,
        from_name=old.name,
        to_code=code,
        to_name=name,
        source="演示",
    )


def goes(community, code, name="", town=""):
    """Create a row of the crosswalk; without a code no counterpart is known."""
    return CrosswalkRow.objects.create(
        effective_on=DAY,
        from_code=community.code,
        from_name=community.name,
        to_code=code,
        to_name=(name or community.name) if code else "",
        to_town_name=town,
    )


def place_of(community, day):
    """Return county, town, code and name of a community on a day."""
    placement = CommunityPlacement.objects.in_effect_on(day).select_related("town__parent").get(community=community)
    return placement.town.parent.name, placement.town.name, placement.code, placement.name


def assert_sound():
    """Check the invariants of all divisions and placements."""
    for community in Community.objects.select_related("town__parent"):
        stretches = list(community.placements.order_by("valid_from"))
        assert stretches[0].valid_from == BEGINNING or stretches[0].valid_from >= DAY
        for earlier, later in itertools.pairwise(stretches):
            assert earlier.valid_to == later.valid_from, "no day without a place, none with two"
        last = stretches[-1]
        assert last.valid_to is None
        assert (community.town_id, community.code, community.name) == (last.town_id, last.code, last.name)
        assert community.town.valid_to is None
        assert community.town.parent.valid_to is None
        assert community.code.startswith(community.town.code)
        for stretch in stretches:
            town = Division.objects.get(pk=stretch.town_id)
            assert town.valid_from <= stretch.valid_from, "belongs to a town that did not stand yet"
            assert town.valid_to is None or (stretch.valid_to and stretch.valid_to <= town.valid_to)
    for division in Division.objects.select_related("parent", "successor"):
        above = division.successor or division.parent
        assert division.path == f"{above.path if above else ''}{division.code}/"
        if division.valid_to is None and division.level == "town":
            assert division.parent.valid_to is None
            assert division.code.startswith(division.parent.code)
