"""Results of towns, counties and city."""

import datetime
from decimal import Decimal

import pytest

from communities.models import Community
from targets.actions import compute_period
from targets.models import CommunityMeasure, Target, TargetResult
from targets.published import results_for_json
from tests.factories import (
    make_community,
    make_division,
    make_facility,
    make_organization,
    make_period,
    make_profile,
    make_worker,
)

pytestmark = pytest.mark.django_db
COUNTS = ("judged", "met", "over", "unmet", "not_applicable", "unknown")


def target_of(code):
    return Target.objects.get(plan__code="2020", code=code)


def counts_of(period, code, division):
    result = TargetResult.objects.for_period(period).get(target__code=code, division=division)
    return tuple(getattr(result, name) for name in COUNTS)


def test_towns_counties_and_the_city_have_a_result_of_every_target(place, period):
    compute_period(period)
    found = set(TargetResult.objects.for_period(period).values_list("target__code", "division__code"))
    towns = {"140402001", "140402002", "140423100"}
    counties_and_city = {"140400", "140402", "140423"}
    of_communities = {
        "urban_facility_area",
        "urban_org_count",
        "rural_org_count",
        "urban_professionals",
        "rural_professionals",
    }
    assert found == {(code, place) for code in of_communities for place in towns | counties_and_city} | {
        ("district_agencies", place) for place in counties_and_city
    }


def test_every_status_is_counted_apart_and_adds_up_to_the_county_and_the_city(place, period):
    met, unmet, over = place.communities
    for community, number in ((met, 2), (unmet, 1), (over, 6)):
        for _ in range(number):
            make_worker(community)
    compute_period(period)
    code = "urban_professionals"
    assert counts_of(period, code, place.street) == (3, 1, 1, 1, 0, 0)
    assert counts_of(period, code, place.other_street) == (2, 0, 0, 2, 0, 0)
    assert counts_of(period, code, place.county) == (5, 1, 1, 3, 0, 0)
    assert counts_of(period, code, place.city) == (5, 1, 1, 3, 0, 0)
    county = TargetResult.objects.for_period(period).get(target__code=code, division=place.county)
    assert county.rate == Decimal("0.4000")
    assert county.gap == 1 + 2 + 2
    assert county.reached == 2


def test_unknown_units_lower_the_rate_and_have_no_gap(place, period):
    make_facility(place.communities[0], area=500)
    urban_there = make_community(place.rural_town, kind="urban")
    compute_period(period)
    code = "urban_facility_area"
    assert counts_of(period, code, place.county) == (5, 1, 0, 4, 0, 0)
    assert counts_of(period, code, place.other_county) == (1, 0, 0, 0, 0, 1)
    assert counts_of(period, code, place.city) == (6, 1, 0, 4, 0, 1)
    city = TargetResult.objects.for_period(period).get(target__code=code, division=place.city)
    assert city.rate == Decimal("0.1667")
    assert city.gap == 2_000
    assert CommunityMeasure.objects.for_period(period).get(community=urban_there).facility_area is None


def test_small_villages_are_not_applicable_and_leave_the_rate_alone(place, period):
    make_community(place.rural_town, kind=Community.Kind.RURAL, residents=2_999)
    large = make_community(place.rural_town, kind=Community.Kind.RURAL, residents=3_000)
    for _ in range(5):
        make_organization(large)
    compute_period(period)
    assert counts_of(period, "rural_org_count", place.other_county) == (3, 1, 0, 0, 1, 2)
    result = TargetResult.objects.for_period(period).get(target__code="rural_org_count", division=place.rural_town)
    assert result.rate == Decimal("0.3333")


def test_a_place_where_nothing_is_judged_has_no_rate_and_no_gap(place, period):
    compute_period(period)
    result = TargetResult.objects.for_period(period).get(target__code="rural_professionals", division=place.county)
    assert (result.judged, result.rate, result.gap) == (0, None, 0)


@pytest.mark.parametrize(
    ("met", "of", "rate"),
    [
        (1, 3, "0.3333"),
        (2, 3, "0.6667"),
        (3, 160, "0.0188"),
        (1, 32, "0.0313"),
        (7, 160, "0.0438"),
        (33, 160, "0.2063"),
    ],
)
def test_rates_are_rounded_half_up_exactly(place, period, met, of, rate):
    """3/160 is 0.01875, slightly less as a binary fraction, but must be rounded up."""
    town = make_division("140423101", "王桥镇", place.other_county)
    villages = [make_community(town, kind=Community.Kind.RURAL) for _ in range(of)]
    for village in villages[:met]:
        make_worker(village)
    compute_period(period)
    result = TargetResult.objects.for_period(period).get(target__code="rural_professionals", division=town)
    assert (result.judged, result.met, result.rate) == (of, met, Decimal(rate))


def test_a_gap_of_many_fractions_is_exact(place, period):
    for community in place.communities:
        make_facility(community, area="499.90")
    compute_period(period)
    result = TargetResult.objects.for_period(period).get(target__code="urban_facility_area", division=place.street)
    assert result.gap == Decimal("0.30")
    # Three times 0.1 is more than 0.3 in binary floats; the stored sum must be 0.3.
    assert TargetResult.objects.filter(pk=result.pk, gap=Decimal("0.30")).exists()


# --- Urban districts ---


def test_agencies_are_asked_of_urban_districts_only(place, period):
    for _ in range(2):
        make_organization(place.county, registration="registered", is_social_work_agency=True)
    for _ in range(3):
        make_organization(place.other_county, registration="registered", is_social_work_agency=True)
    compute_period(period)
    assert counts_of(period, "district_agencies", place.county) == (1, 0, 0, 1, 0, 0)
    assert counts_of(period, "district_agencies", place.other_county) == (0, 0, 0, 0, 0, 0)
    assert counts_of(period, "district_agencies", place.city) == (1, 0, 0, 1, 0, 0)


def test_a_statistical_county_is_reported_like_a_county_and_counts_in_the_city(place, period):
    zone = make_division("140471", "高新区", place.city, is_statistical=True)
    town = make_division("140471400", "城北街", zone)
    make_facility(make_community(town), area=500)
    compute_period(period)
    assert counts_of(period, "urban_facility_area", zone) == (1, 1, 0, 0, 0, 0)
    assert counts_of(period, "urban_facility_area", place.city) == (6, 1, 0, 0, 0, 5)


# --- Means and coverages ---


def plan_to_2025(month="2021-06"):
    period = make_period(month)
    compute_period(period)
    return period


def whole_of(period, code, division):
    result = TargetResult.objects.for_period(period).get(target__code=code, division=division)
    counts = (result.judged, result.met, result.over, result.unmet, result.not_applicable, result.unknown)
    return result.value, result.verdict, counts, result.gap


def test_a_mean_judges_every_division_as_a_whole(place):
    for community, number in zip(place.communities, (4, 20, 0), strict=True):
        for _ in range(number):
            make_organization(community)
    for _ in range(30):
        make_organization(place.other_communities[0])
    period = plan_to_2025()
    code = "urban_org_mean"
    assert whole_of(period, code, place.street) == (8, "unmet", (1, 0, 0, 1, 0, 0), 6)
    assert whole_of(period, code, place.other_street) == (15, "met", (1, 1, 0, 0, 0, 0), 0)
    assert whole_of(period, code, place.county) == (Decimal("10.80"), "met", (1, 1, 0, 0, 0, 0), 0)
    # The villages' county has no urban community, so the target does not apply.
    assert whole_of(period, code, place.other_county) == (None, "not_applicable", (0, 0, 0, 0, 1, 0), 0)
    assert whole_of(period, code, place.city) == (Decimal("10.80"), "met", (1, 1, 0, 0, 0, 0), 0)


@pytest.mark.parametrize(("at_most", "verdict"), [("10.80", "met"), ("10.79", "over"), ("10.81", "met")])
def test_a_mean_may_be_asked_to_lie_in_a_range_that_includes_its_ends(place, at_most, verdict):
    Target.objects.filter(code="urban_org_mean").update(at_most=Decimal(at_most))
    for _ in range(54):
        make_organization(place.communities[0])
    assert whole_of(plan_to_2025(), "urban_org_mean", place.county)[:2] == (Decimal("10.80"), verdict)


def test_a_mean_is_unknown_as_long_as_one_community_is_and_shows_what_is_known(place):
    for _ in range(6):
        make_organization(place.communities[0])
    there = make_community(place.rural_town, kind="urban")
    period = plan_to_2025()
    assert whole_of(period, "urban_org_mean", place.rural_town) == (None, "unknown", (1, 0, 0, 0, 0, 1), 0)
    assert whole_of(period, "urban_org_mean", place.city) == (Decimal("1.20"), "unknown", (1, 0, 0, 0, 0, 1), 0)
    for _ in range(60):
        make_organization(there)
    compute_period(period)
    assert whole_of(period, "urban_org_mean", place.city) == (11, "met", (1, 1, 0, 0, 0, 0), 0)


def test_a_ratio_of_all_is_the_sum_by_the_sum_and_not_the_mean_of_ratios(place):
    large, small, empty = place.communities
    for community, households, area in ((large, 1_000, 150), (small, 100, 180), (empty, 0, 900)):
        make_profile(community, households=households, residents=households * 3)
        make_facility(community, area=area)
    for community in place.other_communities:
        make_profile(community, households=0, residents=0)
    period = plan_to_2025()
    code = "facility_area_per_100_households"
    # 330 m² of 1,100 households are 30 per 100; the community without households is not judged.
    assert whole_of(period, code, place.street) == (30, "met", (1, 1, 0, 0, 0, 0), 0)
    make_profile(large, households=1_001, as_of=datetime.date(2021, 1, 31))
    compute_period(period)
    assert whole_of(period, code, place.street) == (Decimal("29.97"), "unmet", (1, 0, 0, 1, 0, 0), Decimal("0.30"))
    assert whole_of(period, code, place.other_county)[1:3] == ("unknown", (1, 0, 0, 0, 0, 1))


def test_workers_per_10000_residents_count_the_communities_own(place):
    for community in (*place.communities, *place.other_communities):
        make_profile(community, residents=1_000)
    for _ in range(9):
        make_worker(place.communities[0])
    make_worker(place.communities[0], posting={"is_community_worker": False})
    make_worker(place.street, posting={"is_community_worker": True})
    period = plan_to_2025()
    assert whole_of(period, "community_workers_per_10000", place.county)[:2] == (18, "met")
    assert whole_of(period, "community_workers_per_10000", place.street)[:2] == (30, "met")
    assert whole_of(period, "community_workers_per_10000", place.other_street)[:2] == (0, "unmet")


@pytest.mark.parametrize(
    ("covered", "uncovered", "unreported", "value", "verdict"),
    [
        (4, 1, 0, "80.00", "met"),
        (79, 21, 0, "79.00", "unmet"),
        (8, 1, 1, "80.00", "met"),  # met even if the unknown one is not covered
        (7, 1, 2, "70.00", "unknown"),  # 90 if both were covered
        (7, 2, 1, "70.00", "unknown"),  # 80 if it were covered
        (7, 3, 0, "70.00", "unmet"),
        (1, 2, 0, "33.33", "unmet"),
        (2, 1, 0, "66.67", "unmet"),
    ],
)
def test_a_coverage_is_a_share_of_the_communities(place, covered, uncovered, unreported, value, verdict):
    target = Target.objects.get(code="rural_facility_coverage")
    town = make_division("140423101", "王桥镇", place.other_county)
    silent_county = make_division("140424", "屯留县", place.city)
    silent = make_division("140424100", "麟绛镇", silent_county)
    Community.objects.filter(pk__in=[village.pk for village in place.villages]).update(is_virtual=True)
    for number in range(covered + uncovered):
        community = make_community(town, kind="rural")
        if number < covered:
            make_facility(community, area=20)
        else:
            make_facility(community, kind="activity")
    for _ in range(unreported):
        make_community(silent, kind="rural")
    period = plan_to_2025()
    result = TargetResult.objects.for_period(period).get(target=target, division=place.city)
    assert (result.value, result.verdict) == (Decimal(value), verdict)
    assert (result.judged, result.met, result.unmet, result.unknown) == (
        covered + uncovered + unreported, covered, uncovered, unreported,
    )  # fmt: skip
    assert result.rate == result.value.quantize(Decimal("0.01")) / 100
    assert result.gap == uncovered


def test_targets_for_each_unit_have_neither_value_nor_verdict(place, period):
    compute_period(period)
    found = TargetResult.objects.for_period(period)
    assert set(found.values_list("value", "verdict")) == {(None, "")}


def test_published_means_and_coverages_have_their_value_and_verdict(place):
    for _ in range(7):
        make_organization(place.communities[0])
    figures = results_for_json(plan_to_2025())
    assert list(figures) == [
        "facility_area_per_100_households",
        "rural_facility_coverage",
        "community_workers_per_10000",
        "urban_org_mean",
        "rural_org_mean",
    ]
    county = figures["urban_org_mean"]["140402"]
    assert (county["value"], county["verdict"], county["judged"], county["gap"]) == (1.4, "unmet", 1, 43)
    assert figures["rural_org_mean"]["140423"]["verdict"] == "unknown"
    assert figures["rural_org_mean"]["140402"] == {
        "judged": 0, "met": 0, "over": 0, "unmet": 0, "not_applicable": 1, "unknown": 0, "rate": None, "gap": 0,
        "value": None, "verdict": "not_applicable",
    }  # fmt: skip


def test_the_last_month_of_one_plan_and_the_first_of_the_next_are_judged_by_their_own(place):
    last, first = plan_to_2025("2020-12"), plan_to_2025("2021-01")
    assert set(TargetResult.objects.for_period(last).values_list("target__plan__code", flat=True)) == {"2020"}
    assert set(TargetResult.objects.for_period(first).values_list("target__plan__code", flat=True)) == {"2025"}


# --- Queries ---


def test_results_of_a_division_come_in_the_order_of_the_plan(place, period):
    compute_period(period)
    results = TargetResult.objects.for_period(period).of_division(place.county)
    assert [result.target.code for result in results] == [
        "urban_facility_area",
        "urban_org_count",
        "rural_org_count",
        "urban_professionals",
        "rural_professionals",
        "district_agencies",
    ]


def test_counties_come_by_code_without_the_city_and_towns_of_one_county_alone(place, period):
    compute_period(period)
    results = TargetResult.objects.for_period(period)
    results = results.filter(target=target_of("urban_org_count"))
    assert [result.division.code for result in results.one_level_below(place.city)] == ["140402", "140423"]
    assert [result.division.code for result in results.one_level_below(place.county)] == ["140402001", "140402002"]
    assert list(results.one_level_below(place.street)) == []


def test_a_clerk_sees_the_results_of_the_own_county_only(place, period, clerk):
    compute_period(period)
    visible = TargetResult.objects.for_period(period).visible_to(clerk)
    assert set(visible.values_list("division__code", flat=True)) == {"140402", "140402001", "140402002"}


# --- JSON ---


def test_published_results_are_of_city_and_counties_with_plain_numbers(place, period):
    make_facility(place.communities[0], area="499.25")
    make_worker(place.street)
    compute_period(period)
    figures = results_for_json(period)
    assert list(figures) == [target.code for target in Target.objects.filter(plan__code="2020").order_by("position")]
    assert list(figures["urban_facility_area"]) == ["140400", "140402", "140423"]
    assert figures["urban_facility_area"]["140402"] == {
        "judged": 5,
        "met": 0,
        "over": 0,
        "unmet": 5,
        "not_applicable": 0,
        "unknown": 0,
        "rate": 0.0,
        "gap": 2000.75,
    }
    assert figures["rural_professionals"]["140402"]["rate"] is None
    assert figures["workforce_total"] == {
        "140400": {"workers": 1, "professionals": 1, "scored": False},
        "140402": {"workers": 1, "professionals": 1, "scored": False},
        "140423": {"workers": None, "professionals": None, "scored": False},
    }


def test_a_month_never_measured_publishes_nothing(place, period):
    assert results_for_json(period) == {}
