"""Tests of the dashboard of a month before a change of divisions: by the counties of that month and by today's."""

from __future__ import annotations

import datetime

import pytest

from accounts.actions import apply_division_changes
from accounts.models import Role
from communities.models import Division
from targets.actions import compute_period
from tests.communities.changes import change
from tests.factories import (
    make_community,
    make_division,
    make_facility,
    make_organization,
    make_period,
    make_user,
    make_worker,
)
from tests.pages import markup_of
from tests.queries import exactly, queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
DASHBOARD = "/dashboard/"
THEN, AFTER = "2018-10", "2018-12"


@pytest.fixture
def merged(place):
    """Merge 城区 (one of five has 500 m²) and 郊区 (its only one has) into 潞州区, and return 潞州区."""
    suburb = make_division("140411", "郊区", place.city, is_urban_district=True)
    other = make_community(make_division("140411001", "长北街道办事处", suburb), "长北社区居委会")
    make_facility(place.communities[0], area=500)
    make_facility(other, area=600)
    for _ in range(3):
        make_organization(place.county, registration="registered", is_social_work_agency=True)
    make_worker(place.street)
    for old in (place.county, suburb):
        change("merge", old, "140403", "潞州区")
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, place.city))
    for month in (THEN, "2018-11", AFTER):
        compute_period(make_period(month))
    return Division.objects.by_code("140403")


@pytest.fixture
def browser(merged, officer, signed_in):
    return signed_in(officer)


def rate_of(answer, target="urban_facility_area"):
    (card,) = (card for card in answer.context["cards"] if card.target.code == target)
    return card.result.reached, card.result.judged


def text_of(answer):
    return markup_of(answer)


def test_a_month_before_shows_its_own_counties_and_offers_those_of_today(browser):
    answer = browser.get(DASHBOARD, {"period": THEN})
    assert not answer.context["shows_now"]
    assert [division.name for division in answer.context["choices"]] == ["长治市", "城区", "郊区", "襄垣县"]
    text = text_of(answer)
    assert "按现行区划" in text
    assert "divisions=now" in text
    assert "城区" in answer.context["chart"]
    assert "潞州区" not in answer.context["chart"]


def test_as_now_the_merged_county_stands_for_its_parts(browser):
    answer = browser.get(DASHBOARD, {"period": THEN, "divisions": "now"})
    assert [division.name for division in answer.context["choices"]] == ["长治市", "潞州区", "襄垣县"]
    assert "潞州区" in answer.context["chart"]
    assert "潞州区" in answer.context["tiles"]
    assert (
        "division=140403&amp;period=2018-10&amp;target=urban_facility_area&amp;divisions=now" in answer.context["chart"]
    )
    assert rate_of(answer) == rate_of(browser.get(DASHBOARD, {"period": THEN}))
    county = browser.get(DASHBOARD, {"period": THEN, "divisions": "now", "division": "140403"})
    assert rate_of(county) == (2, 6)
    assert {row.result.division.code for row in county.context["rows"]} == {"140403001", "140403002", "140403003"}
    assert county.context["workforce"].workers == 1
    short = {measure.name for measure in county.context["page"]}
    assert len(short) == 4
    assert '<td data-label="县（市、区）">潞州区</td>' in text_of(county)


def test_counties_of_today_are_judged_by_what_their_parts_had(browser):
    then = browser.get(DASHBOARD, {"period": THEN, "target": "district_agencies"})
    now = browser.get(DASHBOARD, {"period": THEN, "target": "district_agencies", "divisions": "now"})
    assert [(c.division.name, c.verdict) for c in then.context["counties"]] == [("城区", "met"), ("郊区", "unknown")]
    assert [(c.division.name, c.verdict, c.value) for c in now.context["counties"]] == [("潞州区", "met", 3)]


def test_a_month_after_has_one_map_and_no_switch(browser):
    answer = browser.get(DASHBOARD, {"period": AFTER, "divisions": "now"})
    assert not answer.context["shows_now"]
    assert "按现行区划" not in text_of(answer)
    assert [division.name for division in answer.context["choices"]] == ["长治市", "潞州区", "襄垣县"]


def test_the_switch_leads_to_the_same_place_under_its_other_name(browser, merged):
    then = browser.get(DASHBOARD, {"period": THEN, "division": "140402", "page": "3"})
    assert "period=2018-10&amp;division=140403&amp;divisions=now" in text_of(then)
    now = browser.get(DASHBOARD, {"period": THEN, "division": "140403", "divisions": "now"})
    assert 'href="?period=2018-10"' in text_of(now), "潞州区 did not stand then"
    same = browser.get(DASHBOARD, {"period": THEN, "division": "140423", "divisions": "now"})
    assert 'href="?period=2018-10&amp;division=140423"' in text_of(same)


def test_a_county_of_today_in_an_old_month_is_shown_as_now(browser):
    answer = browser.get(DASHBOARD, {"period": THEN, "division": "140403"})
    assert answer.context["shows_now"]
    assert rate_of(answer) == (2, 6)


def test_an_old_county_in_a_later_month_is_shown_as_what_it_has_become(browser):
    answer = browser.get(DASHBOARD, {"period": AFTER, "division": "140402"})
    assert answer.context["division"].name == "潞州区"


def test_the_county_office_sees_its_parts_then_and_itself_now(merged, signed_in):
    browser = signed_in(make_user(Role.DISTRICT_CLERK, merged))
    then = browser.get(DASHBOARD, {"period": THEN})
    assert then.context["division"].name == "城区"
    now = browser.get(DASHBOARD, {"period": THEN, "divisions": "now"})
    assert now.context["division"] == merged
    for answer in (then, now):
        assert "襄垣" not in answer.content.decode()
    assert browser.get(DASHBOARD, {"period": THEN, "divisions": "now", "division": "140423"}).status_code == 404
    assert browser.get(DASHBOARD, {"period": THEN, "divisions": "now", "division": "140400"}).status_code == 404


def test_a_street_of_today_is_shown_with_its_own_communities(merged, browser):
    answer = browser.get(DASHBOARD, {"period": THEN, "divisions": "now", "division": "140403001"})
    assert rate_of(answer) == (1, 3)


def test_the_trend_of_a_county_of_today_reaches_back_beyond_the_change(browser):
    answer = browser.get(DASHBOARD, {"period": AFTER, "division": "140403", "target": "urban_facility_area"})
    assert [(str(month.month), month.rate) for month in answer.context["months"]] == [
        ("2018-12-01", "33.3%"),
        ("2018-11-01", "33.3%"),
        ("2018-10-01", "33.3%"),
    ]


def test_as_now_the_trend_of_a_county_that_took_in_another_fits_its_rate(place, officer, signed_in):
    """城区 (two of five) has been merged with 襄垣县 (its only urban community): two of six, in every month before."""
    make_facility(place.communities[0], area=500)
    make_facility(place.communities[1], area=500, opened_on=datetime.date(2018, 10, 1))
    make_facility(make_community(place.rural_town, "古韩社区居委会"), area=100)
    change("merge", place.other_county, "140402", "城区")
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, place.city))
    for month in ("2018-09", THEN):
        compute_period(make_period(month))
    browser = signed_in(officer)
    asked = {"period": THEN, "division": "140402", "target": "urban_facility_area"}
    then = browser.get(DASHBOARD, asked)
    assert rate_of(then) == (2, 5)
    assert [month.rate for month in then.context["months"]] == ["40.0%", "20.0%"]
    now = browser.get(DASHBOARD, {**asked, "divisions": "now"})
    assert rate_of(now) == (2, 6)
    assert [month.rate for month in now.context["months"]] == ["33.3%", "16.7%"]
    agencies = browser.get(DASHBOARD, {**asked, "target": "district_agencies"})
    assert [measure.division.name for measure in agencies.context["counties"]] == ["城区"]


def test_as_now_costs_the_same_queries_however_many_communities(browser, place):
    asked = {"period": THEN, "divisions": "now"}
    browser.get(DASHBOARD, asked)
    few = len(queries_of(lambda: browser.get(DASHBOARD, asked)))
    for number in range(20):
        make_community(place.rural_town, f"演示{number}村委会", kind="rural")
    compute_period(make_period(THEN))
    browser.get(DASHBOARD, asked)  # computes the month by today's divisions, for the trend
    with exactly(few):
        browser.get(DASHBOARD, asked)
