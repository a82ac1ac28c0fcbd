"""Tests of 工作评价: counties against targets and systems in locked months, with place and change, and where numbers lead."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from accounts.models import Role
from changzhi_portal.pages.exported import shown_at
from communities.models import Community
from targets.actions import compute_period
from tests.factories import (
    home_of,
    make_division,
    make_document,
    make_facility,
    make_period,
    make_profile,
    make_user,
)
from tests.queries import queries_of
from tests.targets.measured import lock

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
AREA = "target_urban_facility_area"


def locked(month, administrator):
    period = make_period(month)
    compute_period(period)
    lock(period, administrator)
    return period


@pytest.fixture
def months(place, administrator):
    """May and June, locked: 城区 gets a second community with 500 m² and plans of two communities; 襄垣县 has one of two."""
    for community in Community.objects.all():
        make_profile(community, residents=3_200)
    make_facility(place.communities[0], area=600)
    make_document(place.villages[0])
    make_document(place.communities[0])
    may = locked("2018-05", administrator)
    make_facility(place.communities[1], area=700, opened_on=datetime.date(2018, 6, 1))
    make_document(place.communities[1], issued_on=datetime.date(2018, 6, 1))
    return may, locked("2018-06", administrator)


def page_of(browser, **asked):
    return browser.get(reverse("reports:evaluation"), asked)


def marks_of(page, division):
    headings = [heading.key for heading in page.context["headings"]]
    row = next(row for row in page.context["rows"] if row.division == division)
    return dict(zip(headings, row.marks, strict=True))


def test_counties_have_value_place_and_change_in_targets_and_systems(place, months, leader, signed_in):
    page = page_of(signed_in(leader))
    assert page.context["period"] == months[1] and page.context["compares"]
    assert [row.division.name for row in page.context["rows"]] == ["长治市", "城区", "襄垣县"]
    own, other = marks_of(page, place.county), marks_of(page, place.other_county)
    assert (own[AREA].text, own[AREA].change) == ("40.0%", "+20.0")
    assert (own["figure_planned"].text, own["figure_planned"].place, own["figure_planned"].change) == (
        "40.0%",
        "第2",
        "+20.0个百分点",
    )
    assert (other["figure_planned"].text, other["figure_planned"].place) == ("50.0%", "第1")
    assert (own["figure_with_plan"].place, other["figure_with_plan"].place) == ("并列第1", "并列第1")
    assert (own["figure_work_items"].text, own["figure_work_items"].place) == ("未填报", "")
    assert marks_of(page, place.city)["figure_planned"].place == "", "the whole has no place"
    keys = [heading.key for heading in page.context["headings"]]
    assert all(key.startswith(("target_", "figure_")) for key in keys), "there is no total"


def test_every_number_leads_to_its_rows(place, months, leader, signed_in):
    browser = signed_in(leader)
    own = marks_of(page_of(browser), place.county)
    target = browser.get(own[AREA].url)
    assert len(target.context["table"].rows) == 5
    figure = browser.get(own["figure_planned"].url)
    assert (figure.context["figure"].code, figure.context["division"]) == ("planned", place.county)


def test_only_locked_months_are_shown_and_compared(place, months, officer, signed_in):
    make_document(place.villages[1], issued_on=datetime.date(2018, 7, 1))
    compute_period(make_period("2018-07"))
    browser = signed_in(officer)
    page = page_of(browser)
    assert [period.code for period in page.context["periods"]] == ["2018-06", "2018-05"]
    assert page_of(browser, period="2018-07").context["rows"] == []
    first = page_of(browser, period="2018-05")
    assert not first.context["compares"]
    assert {mark.change for row in first.context["rows"] for mark in row.marks if mark} == {"—"}


def test_without_a_locked_month_the_page_says_so(place, officer, signed_in):
    compute_period(make_period("2018-06"))
    page = page_of(signed_in(officer))
    assert "还没有锁定的月份" in page.content.decode()


def test_it_is_for_leaders_the_bureau_and_auditors(place, signed_in):
    allowed = {Role.LEADER, Role.BUREAU_OFFICER, Role.BUREAU_ADMIN, Role.AUDITOR}
    for role in (*allowed, Role.DISTRICT_CLERK, Role.STREET_CLERK, Role.SYSTEM_ADMIN):
        status = page_of(signed_in(make_user(role, home_of(role, place)))).status_code
        assert (status == 200) == (role in allowed), role


def test_a_leader_of_a_county_sees_its_towns_alone(place, months, signed_in):
    page = page_of(signed_in(make_user(Role.LEADER, place.county)))
    assert [row.division for row in page.context["rows"]] == [place.county, place.street, place.other_street]
    assert marks_of(page, place.county)["figure_with_plan"].text == "0.0%"
    assert marks_of(page, place.street)["figure_with_plan"].text == "—", (
        "a town has no plan of a county, nor does it miss one"
    )
    assert marks_of(page, place.street)["figure_work_items"].text == "未填报"
    assert page_of(signed_in(make_user(Role.LEADER, place.county)), division="140423").status_code == 404


def test_a_file_has_value_place_and_change_of_each_column(place, months, officer):
    shown = shown_at(reverse("reports:evaluation"), "", officer)
    keys = [each.key for each in shown.columns]
    assert keys[0] == "division" and {"figure_planned", "figure_planned_rank", "figure_planned_change"} <= set(keys)
    row = {each.key: each.find(shown.rows[1]) for each in shown.columns}
    assert (row["division"], float(row["figure_planned"]), row["figure_planned_rank"]) == ("城区", 40.0, 2)
    assert row["figure_work_items"] == "未填报" and row["figure_work_items_rank"] is None


def test_its_queries_do_not_grow_with_the_counties(place, administrator, officer, signed_in):
    make_document(place.county)
    locked("2018-05", administrator)
    browser = signed_in(officer)
    few = len(queries_of(lambda: page_of(browser)))
    for number in range(4):
        make_document(make_division(f"14042{number + 4}", f"演示{number}县", place.city))
    locked("2018-06", administrator)
    assert len(queries_of(lambda: page_of(browser, period="2018-06"))) <= few + 6
