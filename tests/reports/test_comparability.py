"""Tests of what a briefing compares with: months judged alike, in the divisions of today (docs/domain.md §7.4)."""

import datetime

import pytest

from accounts.actions import apply_division_changes
from reports import words
from reports.comparability import changed_divisions
from reports.figures import briefing_figures
from reports.stored_figures import ChangedDivisions
from targets.actions import change_target, compute_period
from targets.models import TargetPlan
from tests.communities.changes import change
from tests.factories import make_facility, make_period, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

AREA = "urban_facility_area"


@pytest.fixture
def measured(place):
    """Create two communities of five with 520 ㎡, measured in April and May 2018."""
    for community in place.communities[:2]:
        make_facility(community, area=520)
    for month in ("2018-04", "2018-05"):
        compute_period(make_period(month))
    return place


def area_of(month, place):
    period = make_period(month)
    compute_period(period)
    figures = briefing_figures(period, place.city)
    return figures, next(target for target in figures.targets if target.code == AREA)


def ask(place, **values):
    plan = TargetPlan.objects.get(code="2020", is_current=True)
    change_target(plan=plan, code=AREA, values=values, reason="演示", by=make_user("bureau_admin", place.city))


def test_after_the_standard_was_raised_nothing_fell(measured):
    ask(measured, at_least=600)
    _, area = area_of("2018-06", measured)
    assert (area.percent, area.change_on_last_month, area.standard_last_month) == (0.0, None, "≥500㎡")
    assert {row.change_on_last_month for row in area.divisions} == {None}
    assert area.pace.progress is None, "a fall from 40 % would be no pace"
    said = words.target_sentences(area, briefing_figures(make_period("2018-06"), measured.city).division)[0]
    assert said.endswith("均未达标，达标率0.0%；共缺1,960平方米；本月起标准由≥500㎡调整为≥600㎡，与上月不可比。")


def test_the_month_after_is_compared_again_and_its_pace_begins_with_the_new_standard(measured):
    ask(measured, at_least=600)
    area_of("2018-06", measured)
    make_facility(measured.communities[2], area=600, opened_on=datetime.date(2018, 7, 2))
    _, area = area_of("2018-07", measured)
    assert (area.change_on_last_month, area.standard_last_month) == (20.0, "")
    assert (area.pace.progress, area.pace.months_counted) == (20.0, 1)


def test_a_new_upper_bound_changes_no_rate_and_is_compared(measured):
    ask(measured, at_most=510)
    _, area = area_of("2018-06", measured)
    assert (area.over, area.change_on_last_month, area.standard_last_month) == (2, 0.0, "")


def test_a_new_plan_is_compared_with_nothing_and_says_so(place):
    december, january = make_period("2020-12"), make_period("2021-01")
    for period in (december, january):
        compute_period(period)
    figures = briefing_figures(january, place.city)
    assert figures.plan.title_last_month == TargetPlan.objects.get(code="2020").title
    assert figures.plan.title != figures.plan.title_last_month
    assert briefing_figures(december, place.city).plan.title_last_month == ""


def test_the_month_names_the_counties_that_it_merged(measured):
    change("merge", measured.county, "140403", "潞州区")
    change("merge", measured.other_county, "140403", "潞州区")
    apply_division_changes(by=make_user("bureau_admin", measured.city))
    months = [make_period(f"2018-{number}") for number in ("10", "11", "12")]
    assert [changed_divisions(period, measured.city) for period in months] == [
        (),
        (ChangedDivisions(("城区", "襄垣县"), "合并为", ("潞州区",)),),
        (),
    ]
    merged = measured.city.children.get(code="140403")
    assert changed_divisions(months[1], merged) == changed_divisions(months[1], measured.city)


def test_a_change_that_is_only_noted_or_keeps_the_name_is_not_said(measured):
    change("rename", measured.county, "140402", "潞州区", day=datetime.date(2018, 6, 1))
    change("recode", measured.other_county, "140404", "襄垣县", day=datetime.date(2018, 6, 1))
    june = make_period("2018-06")
    assert changed_divisions(june, measured.city) == ()
    apply_division_changes(by=make_user("bureau_admin", measured.city))
    assert changed_divisions(june, measured.city) == (ChangedDivisions(("城区",), "更名为", ("潞州区",)),)


def test_the_line_of_twelve_months_is_interrupted_where_the_standard_was_raised(measured):
    ask(measured, at_least=600)
    area_of("2018-06", measured)
    _, area = area_of("2018-07", measured)
    assert [(point.month, point.value, point.starts_anew) for point in area.trend] == [
        ("2018-04", 40.0, False),
        ("2018-05", 40.0, False),
        ("2018-06", 0.0, True),
        ("2018-07", 0.0, False),
    ]
