"""Figures of divisions: which rows count where and when, and what the lock freezes (docs/domain.md §5.12)."""

from __future__ import annotations

import dataclasses
import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Sum, Value

from accounts.actions import apply_division_changes
from accounts.models import Role
from changzhi_portal.figures import CountedOver, Shown, declared_figure
from changzhi_portal.refusals import LockedError
from communities.indicators import MULTI_USE
from communities.models import Division, Facility, RecordMove, community_on
from services.models import ServiceProject
from targets.actions import compute_period, refresh_figures
from targets.checks import check_indicators
from targets.current_boundaries import figures_in_current_boundaries
from targets.engine.figures import figure_as_of_now
from targets.models import FigureResult
from targets.tasks import refresh_figures as nightly
from tests.communities.changes import change
from tests.factories import (
    make_change_set,
    make_division,
    make_facility,
    make_period,
    make_project,
    make_user,
)
from tests.queries import queries_of, writes_of
from tests.targets import figures_declared as declared
from tests.targets.measured import lock, sums, year

pytestmark = pytest.mark.django_db
JUNE = datetime.date(2018, 6, 10)


def daily(figure):
    return dataclasses.replace(figure, is_daily=True)


# --- The figure of the paper ---


def test_two_of_three_facilities_in_use_serve_several_ends(place):
    p, q, s = place.communities
    make_facility(p, functions=["party", "culture"])
    make_facility(p, functions=["deliberation", "convenience", "elderly"])
    make_facility(q, functions=["convenience"])
    make_facility(q, functions=[])
    every = ["party", "deliberation", "convenience", "culture", "elderly"]
    make_facility(s, functions=every, closed_on=datetime.date(2018, 5, 31))
    may = make_period("2018-05")
    compute_period(may)
    assert sums(may, "multi_use", place.county) == sums(may, "multi_use", place.city) == (2, 3)
    assert sums(may, "multi_use", place.other_street) == (0, 0)
    assert sums(may, "multi_use", place.other_county) is None


# --- What has not been reported ---


def test_a_county_without_a_row_has_no_figure_and_one_without_a_row_that_counts_has_zero(
    place, period, declare_figures
):
    declare_figures(declared.AREA_OPENED, declared.COVERED)
    make_facility(place.communities[0], opened_on=JUNE, closed_on=datetime.date(2018, 6, 20), area=90)
    make_facility(place.villages[0], opened_on=datetime.date(2018, 7, 1))
    compute_period(period)
    assert sums(period, "area_opened", place.county) == (90, None)
    assert sums(period, "area_opened", place.other_street) == (0, None)
    assert sums(period, "covered", place.county) == (0, 5)
    # 襄垣县 has its first row in July.
    rows = FigureResult.objects.of_period(period).filter(division__in=[place.other_county, place.rural_town])
    assert not rows.exists()
    of_city = FigureResult.objects.of_period(period).of_division(place.city)
    assert set(of_city.values_list("counties", flat=True)) == {1}
    assert sums(period, "covered", place.city) == (0, 5)
    assert not FigureResult.objects.of_period(period).exclude(division=place.city).exclude(counties=None).exists()


def test_without_any_row_not_even_the_city_has_a_figure(place, period, declare_figures):
    declare_figures(*declared.EVERY)
    compute_period(period)
    assert not FigureResult.objects.exists()


def test_every_part_is_stored_and_a_row_without_a_known_part_counts_in_all_alone(place, period, declare_figures):
    declare_figures(declared.AREA_OPENED)
    for mode, area in (("new", "0.10"), ("new", "0.20"), ("purchase", 5), ("", 7)):
        make_facility(place.communities[0], opened_on=JUNE, construction_mode=mode, area=area)
    compute_period(period)
    found = {part: sums(period, "area_opened", place.county, part)[0] for part in ("", "new", "developer")}
    assert found == {"": Decimal("12.3"), "new": Decimal("0.3"), "developer": 0}
    assert sums(period, "area_opened", place.county, "purchase") is None


# --- Days, the year to date, and the lock ---


def test_a_late_row_changes_no_locked_month_but_the_year_to_date_of_later_ones(place, period, officer, declare_figures):
    declare_figures(declared.AREA_OPENED)
    make_facility(place.communities[0], opened_on=datetime.date(2018, 5, 2), area=100)
    may = make_period("2018-05")
    compute_period(may)
    lock(may, officer)
    make_facility(place.communities[0], opened_on=datetime.date(2018, 5, 3), area=20)
    make_facility(place.communities[0], opened_on=datetime.date(2017, 12, 31), area=999)
    make_facility(place.communities[0], opened_on=JUNE, area=3)
    compute_period(period)
    assert (sums(may, "area_opened", place.city), year(may, "area_opened", place.city)) == ((100, None), (100, None))
    assert sums(period, "area_opened", place.city) == (3, None)
    assert year(period, "area_opened", place.city) == (123, None)
    assert year(period, "area_opened", place.street) == (123, None)


def test_a_stock_has_no_year_to_date(place, period, declare_figures):
    declare_figures(declared.MEAN_AREA)
    make_facility(place.communities[0], area=40)
    compute_period(period)
    assert (sums(period, "mean_area", place.city), year(period, "mean_area", place.city)) == ((40, 1), (None, None))


def test_a_locked_month_is_not_refreshed(place, period, officer, declare_figures):
    declare_figures(daily(declared.COVERED))
    facility = make_facility(place.communities[0])
    compute_period(period)
    lock(period, officer)
    Facility.objects.filter(pk=facility.pk).update(closed_on=datetime.date(2018, 6, 1))
    with pytest.raises(LockedError):
        refresh_figures(period)
    nightly()
    assert sums(period, "covered", place.city) == (1, 5)


# --- Where rows count ---


def test_a_row_that_has_moved_since_counts_for_the_former_community(place, period, officer, declare_figures):
    declare_figures(declared.MEAN_AREA, declared.AREA_OPENED, MULTI_USE)
    moved = make_facility(place.communities[0], opened_on=JUNE, area=70, functions=["party", "culture"])
    stays = make_facility(place.other_communities[0], opened_on=JUNE, area=8, construction_mode="new")
    change_set = make_change_set(officer)
    for facility, day in ((moved, datetime.date(2018, 7, 1)), (stays, datetime.date(2018, 6, 30))):
        RecordMove.objects.create(
            model="communities.facility",
            record_id=facility.pk,
            from_community=facility.community,
            to_community=place.villages[0],
            moved_on=day,
            change_set=change_set,
        )
        Facility.objects.filter(pk=facility.pk).update(community=place.villages[0])
    compute_period(period)
    assert sums(period, "mean_area", place.street) == (70, 1)
    assert sums(period, "multi_use", place.street) == (1, 1)
    assert sums(period, "area_opened", place.street) == year(period, "area_opened", place.street) == (70, None)
    # The other had moved by the last day of June.
    assert sums(period, "mean_area", place.rural_town) == (8, 1)
    assert sums(period, "area_opened", place.rural_town, "new") == (8, None)
    assert sums(period, "area_opened", place.other_street) == (0, None)
    assert sums(period, "mean_area", place.city) == (78, 2)


def test_rows_that_compute_their_community_are_taken_as_they_say(place, period, officer, declare_figures):
    """Two facilities together have 100 m²; one has moved since, which the rows know."""

    def large_together(first, last):
        where = Facility.objects.annotate(at=community_on(Facility, last)).order_by().values("at")
        large = where.annotate(community_id=F("at"), area_there=Sum("area")).filter(area_there__gte=100)
        return large.annotate(numerator=Value(1)).values("community_id", "numerator")

    declare_figures(declared.figure("large", Shown.RATE, large_together, over=CountedOver.COMMUNITIES))
    moved, _ = (make_facility(place.communities[0], area=50) for _ in range(2))
    RecordMove.objects.create(
        model="communities.facility",
        record_id=moved.pk,
        from_community=moved.community,
        to_community=place.villages[0],
        moved_on=datetime.date(2018, 7, 1),
        change_set=make_change_set(officer),
    )
    Facility.objects.filter(pk=moved.pk).update(community=place.villages[0])
    compute_period(period)
    assert sums(period, "large", place.street) == (1, 3)
    assert sums(period, "large", place.city)[0] == 1


def test_rows_over_places_are_those_of_counties_that_have_reported(place, period, declare_figures):
    known = declared.COVERED.rows(JUNE, JUNE)
    of_county = Facility.objects.filter(community__town__parent=place.county).values("community_id")
    declare_figures(
        dataclasses.replace(declared.COVERED, rows=lambda first, last: known, reported=lambda last: of_county)
    )
    make_facility(place.communities[0])
    make_facility(place.villages[0])
    compute_period(period)
    assert sums(period, "covered", place.city) == (1, 5)


def test_a_row_that_applies_below_counts_once_above(place, period, declare_figures):
    declare_figures(declared.APPLYING, declared.MONEY_A_COMMUNITY)
    make_project(place.city, budget=100)
    make_project(place.county, budget=20)
    make_project(place.street, budget=3)
    compute_period(period)
    found = {
        division: sums(period, "applying", division)[0]
        for division in (place.city, place.county, place.street, place.other_street, place.other_county)
    }
    assert list(found.values()) == [123, 123, 123, 120, 100]
    assert FigureResult.objects.get(division=place.city, code="applying").counties == 2
    # 100 for each of seven communities, 20 for five, 3 for three.
    assert sums(period, "money_a_community", place.city) == (809, 7)
    assert sums(period, "money_a_community", place.rural_town) == (200, 2)


def test_a_rate_over_towns_counts_a_town_once(place, period, declare_figures):
    declare_figures(declared.TOWNS_WITH_ONE, declared.COUNTIES_WITH_ONE)
    for community in place.communities:
        make_facility(community)
    make_facility(place.villages[0], opened_on=datetime.date(2017, 1, 1), closed_on=datetime.date(2018, 1, 1))
    compute_period(period)
    assert sums(period, "towns_with_one", place.city) == (1, 3)
    assert sums(period, "towns_with_one", place.county) == (1, 2)
    assert sums(period, "towns_with_one", place.street) == (1, 1)
    assert sums(period, "counties_with_one", place.city) == (1, 2)
    assert sums(period, "counties_with_one", place.street) is None


def test_money_is_added_exactly(place, period, declare_figures):
    money = declared.figure(
        "money",
        Shown.TOTAL,
        lambda first, last: ServiceProject.objects.values("division_id").annotate(numerator=Sum("budget")),
        lambda last: ServiceProject.objects.values("division_id"),
    )
    declare_figures(money)
    for amount in ("0.10", "0.20", "9999999999.99", "88888888.88"):
        make_project(place.county, budget=Decimal(amount))
    compute_period(period)
    assert sums(period, "money", place.city) == (Decimal("10088888889.17"), None)


def test_rows_of_a_declaration_are_no_union(place, period, declare_figures):
    def rows(first, last):
        return Facility.objects.values("community_id", numerator=F("area")).union(
            Facility.objects.values("community_id", numerator=F("area"))
        )

    declare_figures(declared.figure("united", Shown.TOTAL, rows))
    with pytest.raises(TypeError, match="in a tuple"):
        compute_period(period)


def test_rows_of_a_declaration_name_their_place(place, period, declare_figures):
    rows = Facility.objects.values("community", numerator=F("area"))
    declare_figures(declared.figure("placeless", Shown.TOTAL, lambda first, last: rows))
    with pytest.raises(TypeError, match="community_id or division_id"):
        compute_period(period)


# --- As it is now ---


@pytest.fixture
def merged(place, declare_figures):
    """October 2018 with 城区 and 郊区, which are 潞州区 since November."""
    declare_figures(declared.MEAN_AREA, declared.APPLYING, declared.AREA_OPENED)
    suburb = make_division("140411", "郊区", place.city, is_urban_district=True)
    make_division("140411001", "长北街道办事处", suburb)
    make_facility(place.communities[0], area=100, opened_on=datetime.date(2018, 10, 3), construction_mode="new")
    make_facility(place.other_communities[0], area=50)
    make_project(place.county, budget=7)
    make_project(suburb, budget=1)
    make_project(place.other_county, budget=5)
    change("merge", place.county, "140403", "潞州区")
    change("merge", suburb, "140403", "潞州区")
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, place.city))
    october = make_period("2018-10")
    compute_period(october)
    return october


def test_todays_divisions_add_up_numerators_and_denominators(place, merged, officer):
    found = {
        (row.code, row.part, row.division.code): (row.numerator, row.denominator, row.numerator_year, row.counties)
        for row in figures_in_current_boundaries(merged, user=officer)
    }
    assert found["mean_area", "", "140403"] == (150, 2, None, None)
    assert found["mean_area", "", "140400"] == (150, 2, None, 1)
    assert found["area_opened", "new", "140403"] == (100, None, 100, None)
    assert found["mean_area", "", Division.objects.get(name="东街街道办事处", valid_to=None).code] == (
        100,
        1,
        None,
        None,
    )
    # One row counts in each of the two counties, so their sum would count it twice.
    assert ("applying", "", "140403") not in found
    assert found["applying", "", "140423"][0] == 5
    assert not {code for _, _, code in found} & {"140402", "140411"}


def test_todays_divisions_are_those_that_the_user_may_see(place, merged):
    clerk = make_user(Role.DISTRICT_CLERK, Division.objects.by_code("140423"))
    found = figures_in_current_boundaries(merged, user=clerk)
    assert {row.division.code for row in found} == {"140423", "140423100"}
    assert figures_in_current_boundaries(merged, user=None) == []


# --- Reads, constraints and checks ---


def test_the_month_before_is_compared_only_in_figures_of_the_same_version(place, period, declare_figures):
    make_facility(place.communities[0])
    declare_figures(declared.COVERED, declared.MEAN_AREA)
    may = make_period("2018-05")
    compute_period(may)
    declare_figures(declared.COVERED, dataclasses.replace(declared.MEAN_AREA, version=2))
    compute_period(period)
    before = FigureResult.objects.of_month_before(period)
    assert set(before.values_list("period", "code")) == {(may.pk, "covered")}
    assert not FigureResult.objects.of_month_before(may).exists()


def test_one_level_below_are_counties_or_towns(place, period, declare_figures):
    declare_figures(declared.AREA_OPENED)
    make_facility(place.communities[0])
    make_facility(place.villages[0])
    compute_period(period)
    rows = FigureResult.objects.of_period(period).of_all_parts()
    below = {
        division: [row.division for row in rows.one_level_below(division)]
        for division in (place.city, place.county, place.street)
    }
    assert below == {
        place.city: [place.county, place.other_county],
        place.county: [place.street, place.other_street],
        place.street: [],
    }


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"code": ""}, "figure_has_code"),
        ({"denominator_year": 1}, "figure_year_has_numerator"),
        ({}, "figure_once"),
    ],
)
def test_rows_that_make_no_sense_are_refused_by_name_with_a_message(place, period, values, name):
    FigureResult.objects.create(period=period, division=place.city, code="x", numerator=1)
    row = FigureResult(**{"period": period, "division": place.city, "code": "x", "numerator": 1} | values)
    constraint = next(each for each in FigureResult._meta.constraints if each.name == name)
    with pytest.raises(ValidationError, match=str(constraint.violation_error_message)):
        row.validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"code": "Covered"}, "lower-case identifier"),
        ({"parts": {"": "空"}}, "1 to 40 characters"),
        ({"decimals": 5}, "more decimals"),
        ({"shown": Shown.CHANGE}, "earlier sum"),
    ],
)
def test_a_declaration_that_cannot_be_counted_fails_the_system_check(declare_figures, values, message):
    declare_figures(dataclasses.replace(declared.COVERED, **values))
    assert [message in str(error.msg) for error in check_indicators()] == [True]


def test_two_figures_of_one_code_fail_the_system_check(declare_figures):
    declare_figures(declared.COVERED, dataclasses.replace(declared.MEAN_AREA, code="covered"))
    assert ["'covered'" in str(error.msg) for error in check_indicators()] == [True]


def test_a_figure_is_found_by_its_code(declare_figures):
    declare_figures(declared.COVERED)
    assert declared_figure("covered") is declared.COVERED
    with pytest.raises(LookupError, match="covered"):
        declared_figure("uncovered")


def test_what_the_registers_say_now_is_counted_without_writing(place, period, officer, declare_figures):
    declare_figures(declared.COVERED)
    make_facility(place.communities[0])
    compute_period(period)
    lock(period, officer)
    make_facility(place.communities[1])
    found = []
    queries = queries_of(lambda: found.extend(figure_as_of_now(period, declared.COVERED)))
    assert writes_of(queries) == []
    assert len(queries) == 2
    assert {row.division_id: (row.numerator, row.denominator) for row in found}[place.city.pk] == (2, 5)
    assert sums(period, "covered", place.city) == (1, 5)
