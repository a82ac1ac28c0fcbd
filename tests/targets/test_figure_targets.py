"""Targets that judge a figure of divisions: verdicts at the bounds, who is judged, merging, refreshing (docs/domain.md §5.13)."""

from __future__ import annotations

import dataclasses
import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actions import apply_division_changes
from accounts.models import Role
from revisions.differences import differences_of
from targets.actions import compute_period, refresh_figures
from targets.actions.planning import change_target
from targets.checks import check_indicators
from targets.current_boundaries import counties_judged_in_current_boundaries, results_in_current_boundaries
from targets.engine.results import results_under
from targets.figure_values import value_of
from targets.models import Computation, DivisionMeasure, FigureResult, TargetPlan, TargetResult
from targets.preview import is_unmeasured, measured_figures
from tests.communities.changes import change
from tests.factories import (
    make_community,
    make_division,
    make_facility,
    make_monthly_report,
    make_organization,
    make_period,
    make_project,
    make_user,
)
from tests.targets import figures_declared as declared
from tests.targets.figure_targets import CODE, figure_target, unsaved
from tests.targets.measured import lock

pytestmark = pytest.mark.django_db
NAMES = ("judged", "met", "over", "unmet", "not_applicable", "unknown")


def result(period, division, code=CODE):
    return TargetResult.objects.get(period=period, division=division, target__code=code)


def counts(found):
    return {name: getattr(found, name) for name in NAMES if getattr(found, name)}


@pytest.fixture
def one_of_five(place, declare_figures):
    """One community of the five of 城区 is covered, 20.0 %; 襄垣县 has reported nothing."""
    declare_figures(declared.COVERED)
    make_facility(place.communities[0])
    return place


@pytest.mark.parametrize(
    ("at_least", "at_most", "verdict"),
    [
        ("20", None, "met"),
        ("20.01", None, "unmet"),
        (None, "20", "met"),
        (None, "19.99", "unmet"),
        (None, "0", "unmet"),
        ("10", "20", "met"),
        ("20", "30", "met"),
        ("20", "20", "met"),
        ("20.5", "30", "unmet"),
        ("0", "19.5", "unmet"),
    ],
)
def test_a_county_is_judged_by_its_own_figure_with_both_bounds_included(
    one_of_five, period, at_least, at_most, verdict
):
    figure_target(at_least=at_least, at_most=at_most)
    compute_period(period)
    own = result(period, one_of_five.county)
    assert counts(own) == {"judged": 1, verdict: 1}
    assert (own.value, own.verdict, own.gap) == (20, verdict, 0)
    assert own.rate == (1 if verdict == "met" else 0)


def test_the_city_counts_its_counties_and_has_its_own_figure(one_of_five, period):
    figure_target(at_least="20")
    make_facility(one_of_five.villages[0], closed_on=datetime.date(2018, 5, 1))
    compute_period(period)
    of_city = result(period, one_of_five.city)
    assert counts(of_city) == {"judged": 2, "met": 1, "unmet": 1}
    own = FigureResult.objects.get(period=period, division=one_of_five.city, code="covered", part="")
    assert of_city.value == value_of(declared.COVERED, own.numerator, own.denominator)
    assert of_city.verdict == "unmet"  # by the city's own figure
    assert not TargetResult.objects.filter(target__code=CODE, division__level="town").exists()


def test_a_county_that_has_reported_nothing_is_unknown_and_never_zero(one_of_five, period):
    figure_target(at_most="30")
    compute_period(period)
    other = result(period, one_of_five.other_county)
    assert (counts(other), other.value, other.verdict) == ({"judged": 1, "unknown": 1}, None, "unknown")
    assert counts(result(period, one_of_five.city)) == {"judged": 2, "met": 1, "unknown": 1}


def test_without_any_figure_everybody_is_unknown(place, period, declare_figures):
    declare_figures(declared.COVERED)
    figure_target(at_least="1")
    compute_period(period)
    of_city = result(period, place.city)
    assert (counts(of_city), of_city.value, of_city.verdict) == ({"judged": 2, "unknown": 2}, None, "unknown")


def test_where_there_is_nothing_to_divide_by_the_target_does_not_apply(place, period, declare_figures):
    declare_figures(declared.MEAN_AREA)
    make_facility(place.communities[0], closed_on=datetime.date(2018, 5, 31))
    make_facility(place.villages[0], area=80)
    figure_target("mean_area", at_least="80", unit="㎡")
    compute_period(period)
    own = result(period, place.county)
    assert (counts(own), own.value, own.verdict, own.rate) == ({"not_applicable": 1}, None, "not_applicable", None)
    assert counts(result(period, place.city)) == {"judged": 1, "met": 1, "not_applicable": 1}


def test_the_printed_number_is_judged_so_that_nobody_reads_a_bound_beside_unmet(place, period, declare_figures):
    declare_figures(declared.MEAN_AREA)
    for area in ("50.00", "50.00", "50.01"):  # 50.0033…
        make_facility(place.communities[0], area=area)
    for area in ("50.01", "50.02"):  # 50.015
        make_facility(place.villages[0], area=area)
    figure_target("mean_area", at_least="49", at_most="50", unit="㎡")
    compute_period(period)
    here, there = result(period, place.county), result(period, place.other_county)
    assert (here.value, here.verdict) == (Decimal("50.00"), "met")
    assert (there.value, there.verdict) == (Decimal("50.02"), "unmet")


def test_of_urban_districts_the_others_and_the_city_have_no_figure(one_of_five, period):
    figure_target(at_least="20", urban_districts_only=True)
    compute_period(period)
    other, of_city = result(period, one_of_five.other_county), result(period, one_of_five.city)
    assert (counts(other), other.value, other.verdict) == ({}, None, "")
    assert (counts(of_city), of_city.value, of_city.verdict) == ({"judged": 1, "met": 1}, None, "")
    assert result(period, one_of_five.county).value == 20


def test_only_all_parts_together_are_judged(place, period, declare_figures):
    declare_figures(declared.AREA_OPENED)
    opened = datetime.date(2018, 6, 10)
    for mode, area in (("new", 30), ("developer", 40), ("", 5)):
        make_facility(place.communities[0], opened_on=opened, construction_mode=mode, area=area)
    figure_target("area_opened", at_least="75", at_most="75", unit="㎡")
    compute_period(period)
    assert (result(period, place.county).value, result(period, place.county).verdict) == (75, "met")


# --- Other targets beside it ---


def test_results_of_other_targets_are_the_same_with_such_a_target_in_the_plan(one_of_five, period):
    compute_period(period)
    columns = ("target__code", "division", *NAMES, "rate", "gap", "value", "verdict")
    before = set(TargetResult.objects.values_list(*columns))
    figure_target(at_least="20")
    compute_period(period)
    assert before
    assert set(TargetResult.objects.exclude(target__code=CODE).values_list(*columns)) == before


def test_a_list_of_counties_has_figure_and_verdict(one_of_five, period, officer):
    target = figure_target(at_most="19")
    compute_period(period)
    rows = DivisionMeasure.objects.for_period(period).judged_by(target).order_by("division__code")
    found = [(row.division_id, row.value, row.verdict, row.missing) for row in rows]
    assert found == [
        (one_of_five.county.pk, 20, "unmet", None),
        (one_of_five.other_county.pk, None, "unknown", None),
    ]


# --- Previews, versions, locks ---


def test_a_preview_judges_without_saving(one_of_five, period):
    compute_period(period)
    found = {each.division.code: each for each in results_under(period, [unsaved(at_least="20.1")])}
    assert counts(found["140400"]) == {"judged": 2, "unmet": 1, "unknown": 1}
    assert (found["140402"].value, found["140402"].verdict) == (20, "unmet")


def test_a_month_that_has_not_counted_the_figure_says_so(one_of_five, period, declare_figures):
    compute_period(period)
    declare_figures(declared.COVERED, declared.MEAN_AREA)
    assert not is_unmeasured(unsaved(at_least="20"), measured_figures(period))
    assert is_unmeasured(unsaved("mean_area", at_least="20"), measured_figures(period))


def test_a_changed_bound_makes_open_months_due_and_leaves_locked_ones(one_of_five, period, officer, administrator):
    figure_target(at_least="20")
    may = make_period("2018-05")
    for month in (may, period):
        compute_period(month)
    lock(may, officer)
    plan = TargetPlan.objects.get(code="2020", is_current=True)
    change_target(
        plan=plan, code=CODE, values={"at_least": None, "at_most": Decimal(10)}, reason="改为上限", by=administrator
    )
    assert Computation.objects.of_period(period).is_stale
    compute_period(period)
    assert result(period, one_of_five.county).verdict == "unmet"
    assert result(may, one_of_five.county).verdict == "met"


def test_a_daily_figure_that_is_refreshed_is_judged_again_and_makes_no_month_stale(
    one_of_five, period, declare_figures
):
    declare_figures(dataclasses.replace(declared.COVERED, is_daily=True))
    figure_target(at_least="40")
    compute_period(period)
    assert result(period, one_of_five.county).verdict == "unmet"
    make_facility(one_of_five.communities[1])
    assert refresh_figures(period)
    own = result(period, one_of_five.county)
    assert (own.value, own.verdict) == (40, "met")
    assert not Computation.objects.of_period(period).is_stale
    assert not refresh_figures(period)


def test_two_months_compare_verdicts_only_where_the_figure_was_counted_alike(one_of_five, period, declare_figures):
    figure_target(at_least="20")
    may = make_period("2018-05")
    compute_period(may)
    make_facility(one_of_five.communities[1], opened_on=datetime.date(2018, 6, 3))
    compute_period(period)
    changed = differences_of(may, period).results
    assert {(each.target.code, each.division_id) for each in changed if each.target.code == CODE} == {
        (CODE, one_of_five.county.pk),
        (CODE, one_of_five.city.pk),
    }
    declare_figures(dataclasses.replace(declared.COVERED, version=2))
    compute_period(period)
    assert CODE not in {each.target.code for each in differences_of(may, period).results}


# --- Today's divisions ---


@pytest.fixture
def merged(place, declare_figures):
    """October 2018 with 城区 (100 of one facility) and 郊区 (50, 60 of two), which are 潞州区 since November."""
    declare_figures(declared.MEAN_AREA, declared.MONEY_A_COMMUNITY)
    suburb = make_division("140411", "郊区", place.city, is_urban_district=True)
    town = make_division("140411001", "长北街道办事处", suburb)
    other = make_community(town, "长北社区居委会")
    make_facility(place.communities[0], area=100)
    for area in (50, 60):
        make_facility(other, area=area)
    make_project(place.county, budget=7)
    make_project(suburb, budget=1)
    for old in (place.county, suburb):
        change("merge", old, "140403", "潞州区")
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, place.city))
    target = figure_target("mean_area", at_least="70", at_most="99", unit="㎡")
    october = make_period("2018-10")
    compute_period(october)
    return target, october


def test_a_merged_county_is_judged_by_the_sums_of_its_parts(merged, officer):
    target, october = merged
    then = {row.division.code: row.verdict for row in TargetResult.objects.filter(period=october, target=target)}
    assert (then["140402"], then["140411"]) == ("unmet", "unmet")
    now = {each.division.code: each for each in results_in_current_boundaries(october) if each.target == target}
    assert (now["140403"].value, now["140403"].verdict, counts(now["140403"])) == (70, "met", {"judged": 1, "met": 1})
    assert counts(now["140400"]) == {"judged": 2, "met": 1, "unknown": 1}
    assert not {"140402", "140411"} & now.keys()
    listed = counties_judged_in_current_boundaries(october, target, user=officer)
    assert [(row.division.code, row.value, row.verdict) for row in listed] == [
        ("140403", 70, "met"),
        ("140423", None, "unknown"),
    ]


def test_a_figure_whose_rows_apply_below_is_unknown_of_a_merged_county(merged, officer):
    _, october = merged
    target = unsaved("money_a_community", at_least="1", unit="元", code="money")
    listed = counties_judged_in_current_boundaries(october, target, user=officer)
    assert {row.division.code: row.verdict for row in listed}["140403"] == "unknown"


# --- By paper and pencil ---

BOUND = st.none() | st.sampled_from(["0", "0.01", "20", "33.33", "33.3", "40", "50", "66.7", "99.9", "100", "150.5"])
AREAS = st.lists(st.tuples(st.integers(0, 6), st.sampled_from([1, 3333, 9999, 10001, 20000])), max_size=7)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at_least=BOUND, at_most=BOUND, areas=AREAS, figure=st.sampled_from(["covered", "mean_area", "area_opened"]))
def test_every_verdict_is_that_of_a_person_who_reads_the_printed_figures(
    place, declare_figures, at_least, at_most, areas, figure
):
    of_code = {each.code: each for each in declare_figures(declared.COVERED, declared.MEAN_AREA, declared.AREA_OPENED)}
    if at_least is None and at_most is None:
        at_most = "50"
    if at_least is not None and at_most is not None and Decimal(at_most) < Decimal(at_least):
        at_least, at_most = at_most, at_least
    with transaction.atomic():
        communities = [*place.communities, *place.other_communities, *place.villages]
        for at, hundredths in areas:
            community = communities[at % len(communities)]
            make_facility(community, area=Decimal(hundredths) / 100, opened_on=datetime.date(2018, 6, 1))
        figure_target(figure, at_least=at_least, at_most=at_most)
        period = make_period("2018-06")
        compute_period(period)
        verdicts = []
        for division in (place.city, place.county, place.other_county):
            row = FigureResult.objects.filter(period=period, division=division, code=figure, part="").first()
            value = None if row is None else value_of(of_code[figure], row.numerator, row.denominator)
            said = by_hand(row, value, at_least, at_most)
            own = result(period, division)
            assert (own.verdict, own.value) == (said, value)
            verdicts.append(said)
        _, *of_counties = verdicts
        of_city = result(period, place.city)
        assert {name: getattr(of_city, name) for name in NAMES[1:]} == {
            name: of_counties.count(name) for name in NAMES[1:]
        }
        transaction.set_rollback(True)


def by_hand(row, value, at_least, at_most):
    if row is None:
        return "unknown"
    if value is None:
        return "not_applicable"
    if at_least is not None and value < Decimal(at_least):
        return "unmet"
    return "unmet" if at_most is not None and value > Decimal(at_most) else "met"


# --- What is refused ---


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"level": "community"}, "“测评谁”请选县（市、区）"),
        ({"level": "division"}, "“测评谁”请选县（市、区）"),
        ({"is_scored": False}, "请勾选“参与测评”"),
        ({"kind": "urban"}, "“社区类型”请选不限"),
        ({"minimum_population": 3000}, "“人口不少于”请空着"),
        ({"counting_rule": {"registration": ["registered"]}}, "计入的取值请都不要勾选"),
        ({"per": "100_households"}, "“怎样折算”请选不折算"),
        ({"aggregate": "mean"}, "“要求谁达到”请选逐个达到"),
        ({"coverage_at_least": Decimal(80)}, "“比例”请空着"),
        ({"at_least": None}, "至少填一个"),
        ({"at_least": Decimal("100.5")}, "不能超过100"),
        ({"unit": "个"}, "计量单位是“%”"),
        ({"indicator": "figure.nothing"}, "没有名为“nothing”的工作指标"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(one_of_five, values, words):
    with pytest.raises(ValidationError) as refused:
        unsaved(**{"at_least": "20", **values}).full_clean()
    assert len(refused.value.messages) == 1
    assert words in refused.value.messages[0]


def test_a_figure_with_more_decimals_than_bounds_have_is_no_target(place, declare_figures):
    declare_figures(dataclasses.replace(declared.MEAN_AREA, decimals=3))
    assert check_indicators() == []
    with pytest.raises(ValidationError, match="小数多于两位"):
        unsaved("mean_area", at_least="20", unit="㎡").full_clean()


@pytest.mark.parametrize("bounds", [{"at_least": "20"}, {"at_most": "2"}, {"at_least": "2", "at_most": "20"}])
def test_either_bound_is_enough_of_a_figure(one_of_five, bounds):
    unsaved(**bounds).full_clean()


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({}, "scored_target_has_bound"),
        ({"at_most": "5", "indicator": "agencies"}, "scored_target_has_bound"),
        ({"at_least": "5", "level": "division"}, "target_of_figure_judges_counties"),
        ({"at_least": "5", "is_scored": False}, "target_of_figure_judges_counties"),
        ({"at_least": "5", "at_most": "4"}, "target_bounds_in_order"),
    ],
)
def test_the_database_refuses_them_as_well(one_of_five, values, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        figure_target(**values)


def test_above_the_upper_bound_of_any_other_target_is_still_reached(place, period, officer):
    """The counterpart: 3—5 agencies of each urban district."""
    for _ in range(6):
        make_organization(place.county, registration="registered", is_social_work_agency=True)
    compute_period(period)
    assert result(period, place.county, "district_agencies").over == 1


def test_a_change_may_be_asked_to_fall_by_so_much(place, period):
    """比上年12月 ≤ −10 %: 城区 went from 10 to 8 ledgers, which is −20 %."""
    for month, ledgers in (("2017-12", 10), ("2018-06", 8)):
        make_monthly_report(place.communities[0], month, ledgers=ledgers)
    figure_target("ledgers_change", at_most="-10")
    compute_period(period)
    assert counts(result(period, place.county)) == {"judged": 1, "met": 1}
    TargetResult.objects.all().delete()
    TargetPlan.objects.get(code="2020", is_current=True).targets.filter(code=CODE).update(at_most=Decimal("-30"))
    compute_period(period)
    assert counts(result(period, place.county)) == {"judged": 1, "unmet": 1}


def test_only_a_figure_has_a_bound_below_zero(place):
    with pytest.raises(ValidationError, match="只有统计“工作指标”的可以是负数"):
        unsaved(at_least="-1", indicator="facility_area").full_clean()
