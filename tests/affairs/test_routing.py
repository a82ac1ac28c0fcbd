"""Tests of routing, sentence by sentence (systems.md §B): who handles an item, which counters accept it."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from affairs.models import ItemRoute
from affairs.routing import accepts, refuse_wrong_counter, route_at, route_for
from changzhi_portal.refusals import InvalidError
from tests.factories import make_item, make_point, make_route

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 6, 30)


@pytest.fixture
def item(place):
    return make_item(place.city)


def routed(item, place, home=None, point=None):
    counter = point or make_point(place.rural_town)
    return route_for(item, home=home, point=counter, day=DAY)


def test_from_home_upwards_the_first_route_in_use(place, item):
    home = place.communities[0]
    city = make_route(place.city, item)
    assert routed(item, place, home) == city
    county = make_route(place.county, item)
    assert routed(item, place, home) == county
    town = make_route(place.street, item)
    assert routed(item, place, home) == town
    assert routed(item, place, place.other_communities[0]) == county, "another town of the county"
    assert routed(item, place, place.villages[0]) == city, "another county"


def test_a_counter_elsewhere_does_not_change_where_a_case_goes(place, item):
    """Counter in 襄垣县, home in 城区, route at 140402: handled at 140402."""
    make_route(place.other_county, item)
    own = make_route(place.county, item)
    found = routed(item, place, place.communities[0], make_point(place.rural_town))
    assert found == own and found.division.code == "140402"


def test_without_home_from_the_point(place, item):
    county, town = make_route(place.county, item), make_route(place.street, item)
    assert routed(item, place, None, make_point(place.communities[0])) == town
    assert routed(item, place, None, make_point(place.street)) == town
    assert routed(item, place, None, make_point(place.other_street)) == county


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "paused"},
        {"state": "cancelled"},
        {"valid_to": DAY},
        {"valid_from": DAY + datetime.timedelta(days=1)},
    ],
    ids=str,
)
def test_a_route_that_is_not_in_use_is_passed_over(place, item, changes):
    county = make_route(place.county, item)
    make_route(place.street, item, **changes)
    assert routed(item, place, place.communities[0]) == county


@pytest.mark.parametrize("changes", [{"state": "paused"}, {"valid_to": DAY}], ids=str)
def test_an_item_that_is_not_in_use_has_no_route_in_use(place, changes):
    item = make_item(place.city, **changes)
    make_route(place.street, item)
    assert not ItemRoute.objects.in_use_on(DAY).exists()
    assert route_at(item, place.street, day=DAY) is None


def test_where_nobody_handles_an_item_the_sentence_names_the_place(place, item):
    make_route(place.other_county, item)
    with pytest.raises(InvalidError, match=r"^该事项在和平社区居委会没有承办部门，请联系市局补充实施清单。$"):
        routed(item, place, place.communities[0])
    with pytest.raises(InvalidError, match=r"^该事项在西街街道办事处没有承办部门，请联系市局补充实施清单。$"):
        routed(item, place, None, make_point(place.other_street))


def test_reach_limits_which_counters_accept(place):
    home = place.communities[0]
    counters = {
        "community": make_point(place.communities[1]),
        "town": make_point(place.street),
        "county": make_point(place.other_street),
        "elsewhere": make_point(place.rural_town),
    }

    def accepting(reach):
        version = make_item(place.city, reach=reach).versions.get()
        return {name for name, point in counters.items() if accepts(version, home=home, point=point)}

    assert accepting("city") == set(counters)
    assert accepting("county") == {"community", "town", "county"}
    assert accepting("town") == {"community", "town"}


def test_without_home_every_counter_accepts(place):
    version = make_item(place.city, reach="town").versions.get()
    assert accepts(version, home=None, point=make_point(place.rural_town))


def test_a_wrong_counter_says_where_to_go(place):
    home, far, near = place.communities[0], make_point(place.rural_town), make_point(place.other_street)
    of_town = make_item(place.city, reach="town").versions.get()
    of_county = make_item(place.city, reach="county").versions.get()
    with pytest.raises(InvalidError, match="通办范围是本街道（乡镇），请到东街街道办事处的窗口办理。"):
        refuse_wrong_counter(of_town, home=home, point=near)
    with pytest.raises(InvalidError, match="通办范围是全县，请到城区的窗口办理。"):
        refuse_wrong_counter(of_county, home=home, point=far)
    refuse_wrong_counter(of_county, home=home, point=near)
    refuse_wrong_counter(of_town, home=None, point=far)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    states=st.lists(
        st.none()
        | st.tuples(st.sampled_from(ItemRoute.State.values), st.integers(-2, 2), st.none() | st.integers(-1, 3)),
        min_size=5,
        max_size=5,
    ),
    at=st.integers(0, 6),
)
def test_the_route_is_that_of_a_walk_upwards(place, states, at):
    ItemRoute.objects.all().delete()
    item = make_item(place.city)
    divisions = (place.city, place.county, place.street, place.other_county, place.rural_town)
    in_use = {}
    for division, state in zip(divisions, states, strict=True):
        if state is not None:
            name, start, length = state
            end = None if length is None else DAY + datetime.timedelta(days=start + max(length, 0))
            begins = DAY + datetime.timedelta(days=start)
            route = make_route(division, item, state=name, valid_from=begins, valid_to=end)
            if name == "in_use" and begins <= DAY and (end is None or end > DAY):
                in_use[division.pk] = route
    town = (*place.communities, *place.other_communities, *place.villages)[at].town
    expected = next((in_use[each.pk] for each in (town, town.parent, town.parent.parent) if each.pk in in_use), None)
    assert route_at(item, town, day=DAY) == expected
