"""Tests of what becomes of routes when counties merge: one of each item stays, departments follow, all of it comes back."""

from __future__ import annotations

import datetime

import pytest

from accounts.actions import apply_division_changes, undo_division_changes
from affairs.models import ItemRoute
from affairs.routing import route_at
from communities.actions import change_set_of
from communities.models import Division
from tests.communities.changes import DAY, change
from tests.factories import make_community, make_department, make_division, make_item, make_route

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(place):
    """Return a county with two communities that is merged with 城区, which has five."""
    county = make_division("140411", "郊区", place.city, is_urban_district=True)
    town = make_division("140411001", "常青街道办事处", county)
    for _ in range(2):
        make_community(town)
    return county


def merge(place, second, administrator):
    noted = [change("merge", old, "140403", "潞州区") for old in (place.county, second)]
    (applied,) = apply_division_changes(by=administrator)
    return applied, noted, Division.objects.by_code("140403")


def stands(route):
    route.refresh_from_db()
    return route.division, route.valid_to


@pytest.mark.parametrize("is_larger_first", [True, False])
def test_of_two_routes_the_one_of_the_county_with_most_communities_stays(place, second, administrator, is_larger_first):
    """城区 has five communities, 郊区 two, then nine: by communities, and not by codes."""
    if not is_larger_first:
        for _ in range(7):
            make_community(Division.objects.by_code("140411001"))
    item = make_item(place.city)
    first, twin = make_route(place.county, item), make_route(second, item)
    kept, ended = (first, twin) if is_larger_first else (twin, first)
    origin = ended.division
    applied, noted, new = merge(place, second, administrator)
    assert stands(kept) == (new, None)
    assert stands(ended) == (origin, DAY)
    assert route_at(item, new, day=DAY) == kept
    told = [each for each in applied.moved if each.startswith("实施清单：")]
    assert len(told) == 2 and any("停止承办" in each for each in told)
    noted[0].refresh_from_db()
    undo_division_changes(change_set=change_set_of(noted[0]), by=administrator)
    assert stands(first) == (place.county, None) and stands(twin) == (second, None)


def test_a_route_without_a_rival_moves_and_what_has_ended_stays(place, second, administrator):
    alone = make_route(second)
    past = make_route(second, valid_to=datetime.date(2018, 1, 1))
    cancelled = make_route(second, state="cancelled")
    _, _, new = merge(place, second, administrator)
    assert stands(alone) == (new, None)
    assert stands(past)[0] == stands(cancelled)[0] == second


def test_departments_follow(place, second, administrator):
    """Departments of one name become one; the route of the one that ended names the one that goes on."""
    kept, ended = make_department(place.county, "民政局"), make_department(second, "民政局")
    route = make_route(second, department=ended)
    elsewhere = make_route(place.other_county, department=ended)  # handled by another county's office
    _, noted, new = merge(place, second, administrator)
    for each in (route, elsewhere):
        each.refresh_from_db()
    assert (route.division, route.department) == (new, kept)
    assert (elsewhere.division, elsewhere.department) == (place.other_county, kept)
    noted[0].refresh_from_db()
    undo_division_changes(change_set=change_set_of(noted[0]), by=administrator)
    for each in (route, elsewhere):
        each.refresh_from_db()
    assert (route.division, route.department, elsewhere.department) == (second, ended, ended)


def test_a_route_of_the_successor_itself_stays_where_it_has_most_communities(place, administrator):
    """西街 (two communities) joins 东街 (three)."""
    item = make_item(place.city)
    standing, coming = make_route(place.street, item), make_route(place.other_street, item)
    change("merge", place.other_street, place.street.code, place.street.name)
    change("merge", place.street, place.street.code, place.street.name)
    apply_division_changes(by=administrator)
    assert stands(standing) == (place.street, None)
    assert stands(coming) == (place.other_street, DAY)


def test_a_smaller_successor_gives_way(place, administrator):
    item = make_item(place.city)
    for _ in range(4):
        make_community(place.other_street)
    standing, coming = make_route(place.street, item), make_route(place.other_street, item)
    noted = change("merge", place.other_street, place.street.code, place.street.name)
    change("merge", place.street, place.street.code, place.street.name)
    apply_division_changes(by=administrator)
    assert stands(standing) == (place.street, DAY)
    assert stands(coming) == (place.street, None)
    assert ItemRoute.objects.filter(item=item, valid_to__isnull=True).count() == 1
    noted.refresh_from_db()
    undo_division_changes(change_set=change_set_of(noted), by=administrator)
    assert stands(standing) == (place.street, None)
    assert stands(coming) == (place.other_street, None)
