"""Tests of what becomes of work items when their county closes: they hold in the successor, and come back when it is undone."""

from __future__ import annotations

import datetime

import pytest

from accounts.actions import apply_division_changes, undo_division_changes
from communities.actions import change_set_of
from communities.models import Division
from tests.communities.changes import change
from tests.factories import make_department, make_division, make_work_item
from workload.models import Assessment, AssessmentScheme

pytestmark = pytest.mark.django_db


def test_items_follow_their_county_with_the_department_that_goes_on(place, administrator):
    second = make_division("140411", "郊区", place.city)
    first, twin = make_department(place.county, "民政局"), make_department(second, "民政局")
    item = make_work_item(place.county, "甲", department=first, number="A-1")
    of_twin = make_work_item(second, "乙", department=twin, number="B-1")
    ended = make_work_item(second, "丙", department=twin, state="ended", valid_to=datetime.date(2018, 3, 1))
    of_city = make_work_item(place.city, "丁")
    scheme = AssessmentScheme.objects.create(county=second, year=2018, weight=60)
    score = Assessment.objects.create(community=place.communities[0], year=2018, work_score=80)
    for old in (place.county, second):
        change("merge", old, "140403", "潞州区")
    applied = apply_division_changes(by=administrator)[0]
    new = Division.objects.by_code("140403")
    for record in (item, of_twin, ended, of_city, scheme, score):
        record.refresh_from_db()
    assert (item.division, item.department, item.number) == (new, first, "A-1")
    assert (of_twin.division, of_twin.department) == (new, first), "the department of that name that goes on"
    assert (ended.division, ended.department) == (second, twin), "it is past"
    assert (of_city.division, scheme.county) == (place.city, second)
    assert "社区工作事项：城区“甲”（A-1）转到潞州区" in applied.moved


def test_a_county_that_merges_finishes_the_year_with_its_own_scheme(place, administrator):
    AssessmentScheme.objects.create(county=place.county, year=2018, weight=70)
    score = Assessment.objects.create(community=place.communities[0], year=2018, work_score=80)
    next_year = Assessment.objects.create(community=place.communities[0], year=2019, work_score=80)
    change("merge", place.county, "140403", "潞州区")
    apply_division_changes(by=administrator)
    merged = Division.objects.by_code("140403")
    weights = lambda: [Assessment.objects.with_weight().get(pk=each.pk).weight for each in (score, next_year)]  # noqa: E731
    assert weights() == [70, None]
    AssessmentScheme.objects.create(county=merged, year=2018, weight=50)
    AssessmentScheme.objects.create(county=merged, year=2019, weight=55)
    assert weights() == [70, 55]


def test_items_of_a_town_come_back_when_its_merger_is_undone(place, administrator):
    standing, twin = make_department(place.street, "综合办"), make_department(place.other_street, "综合办")
    item = make_work_item(place.other_street, department=twin)
    noted = change("merge", place.other_street, place.street.code, place.street.name)
    change("merge", place.street, place.street.code, place.street.name)
    apply_division_changes(by=administrator)
    item.refresh_from_db()
    assert (item.division, item.department) == (place.street, standing)
    noted.refresh_from_db()
    undo_division_changes(change_set=change_set_of(noted), by=administrator)
    item.refresh_from_db()
    assert (item.division, item.department) == (place.other_street, twin)
