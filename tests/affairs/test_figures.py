"""Tests of the figures of windows: 多门→一门 and 专科→全科, stored for city, county and town (docs/domain.md §5.12)."""

from __future__ import annotations

import datetime
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from affairs.indicators import ONE_WINDOW
from affairs.models import ItemRoute
from changzhi_portal.figures import declared_figure
from communities.models import ServicePoint
from targets.actions import compute_period
from targets.figure_values import value_of, value_text
from targets.models import FigureResult
from tests.factories import make_item, make_period, make_point, make_route

pytestmark = pytest.mark.django_db
LAST = datetime.date(2018, 6, 30)


def sums(period, code, division):
    """Return numerator and denominator of the month, or None where there is no row."""
    rows = FigureResult.objects.of_period(period).of_division(division).of_figure(code).filter(part="")
    return rows.values_list("numerator", "denominator").first()


def printed(period, code, division):
    figure = declared_figure(code)
    return value_text(figure, value_of(figure, *sums(period, code, division)))


def test_two_of_three_routes_in_use_are_at_the_common_window(place, period):
    """城区 has three routes in use, two of them entered: 66.7 %; the city with its own and 襄垣县's 3 of 5: 60.0 %."""
    item, paused, ended = make_item(place.city), make_item(place.city, state="paused"), make_item(place.city)
    make_route(place.county, item)
    make_route(place.street, item)
    make_route(place.other_street, item, is_entered=False)
    make_route(place.other_county, item)
    make_route(place.city, item, is_entered=False)
    make_route(place.county, paused)
    make_route(place.county, ended, valid_to=LAST)  # has ended that day
    make_route(place.rural_town, item, state="paused")
    make_route(place.rural_town, ended, valid_from=LAST + datetime.timedelta(days=1))
    compute_period(period)
    assert sums(period, "one_window", place.county) == (2, 3)
    assert printed(period, "one_window", place.county) == "66.7%"
    assert sums(period, "one_window", place.city) == (3, 5)
    assert printed(period, "one_window", place.city) == "60.0%"
    assert sums(period, "one_window", place.street) == (1, 1)
    assert sums(period, "one_window", place.other_street) == (0, 1)


def test_a_county_without_any_route_has_not_reported(place, period):
    make_route(place.county)
    compute_period(period)
    assert sums(period, "one_window", place.other_county) is None
    assert FigureResult.objects.get(code="one_window", division=place.city, part="").counties == 1


def test_one_of_two_points_with_windows_accepts_everything(place, period):
    """Of 城区's points with windows one of two accepts every matter: 50.0 %; one without windows is none of them."""
    make_point(place.communities[0], accepts_all=True)
    make_point(place.street, accepts_all=False)
    make_point(place.communities[1], accepts_all=True, windows=None)
    make_point(place.communities[1], accepts_all=True, windows=0)
    make_point(place.communities[1], accepts_all=True, closed_on=LAST)
    make_point(place.communities[1], accepts_all=True, opened_on=datetime.date(2018, 7, 1))
    make_point(place.villages[0], accepts_all=None)  # not known to accept everything
    compute_period(period)
    assert sums(period, "all_round", place.county) == (1, 2)
    assert printed(period, "all_round", place.county) == "50.0%"
    assert sums(period, "all_round", place.city) == (1, 3)
    assert printed(period, "all_round", place.city) == "33.3%"


def test_the_list_behind_a_figure_shows_its_routes(place, period, officer, signed_in):
    used = make_route(place.county)
    make_route(place.county, state="paused")
    make_route(place.other_county)
    page = signed_in(officer).get(ONE_WINDOW.list_url(place.county, period))
    assert [row.record for row in page.context["table"].rows] == [used]


ROUTE = st.fixed_dictionaries(
    {
        "at": st.integers(0, 5),
        "is_entered": st.booleans(),
        "state": st.sampled_from(ItemRoute.State.values),
        "from": st.integers(-40, 5),
        "to": st.none() | st.integers(6, 40),
    }
)
POINT = st.fixed_dictionaries(
    {
        "at": st.integers(0, 3),
        "windows": st.none() | st.integers(0, 3),
        "accepts_all": st.none() | st.booleans(),
        "from": st.integers(-40, 5),
        "to": st.none() | st.integers(-4, 40),
    }
)


def day(offset):
    return None if offset is None else LAST + datetime.timedelta(days=offset)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    routes=st.lists(ROUTE, max_size=8),
    points=st.lists(POINT, max_size=8),
    month=st.sampled_from(["2018-06", "2018-07"]),
)
def test_sums_are_those_of_plain_python(place, routes, points, month):
    for model in (ItemRoute, ServicePoint, FigureResult):
        model.objects.all().delete()
    last = datetime.date(2018, int(month[-2:]), 30 + (month == "2018-07"))
    divisions = (place.city, place.county, place.street, place.other_street, place.other_county, place.rural_town)
    expected: dict[str, Counter] = {"one_window": Counter(), "all_round": Counter()}

    def count(code, division, holds):
        while division is not None:
            expected[code][division.pk, "n"] += holds
            expected[code][division.pk, "d"] += 1
            division = division.parent

    for each in routes:
        division, start, end = divisions[each["at"]], day(each["from"]), day(each["to"])
        make_route(division, is_entered=each["is_entered"], state=each["state"], valid_from=start, valid_to=end)
        if each["state"] == "in_use" and start <= last and (end is None or end > last):
            count("one_window", division, each["is_entered"])
    places = (place.communities[0], place.villages[0], place.street, place.rural_town)
    for each in points:
        where, start, end = places[each["at"]], day(each["from"]), day(each["to"])
        if end is not None and end < start:
            end = start
        make_point(where, windows=each["windows"], accepts_all=each["accepts_all"], opened_on=start, closed_on=end)
        if (each["windows"] or 0) >= 1 and start <= last and (end is None or end > last):
            count("all_round", where.town if hasattr(where, "town") else where, bool(each["accepts_all"]))
    period = make_period(month)
    compute_period(period)
    for code, sums_by in expected.items():
        for division in divisions:
            found = sums(period, code, division) or (0, 0)
            assert found == (sums_by[division.pk, "n"], sums_by[division.pk, "d"]), (code, division)
