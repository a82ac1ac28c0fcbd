"""Judgement of a community or county by a target (docs/domain.md §5): every verdict, every boundary."""

from decimal import Decimal

import pytest

from changzhi_portal.refusals import InvalidError
from targets.judgement import Verdict
from targets.models import CommunityMeasure, DivisionMeasure, Target

pytestmark = pytest.mark.django_db
REPORTED = {
    "facility_area": 0,
    "facilities": 0,
    "organizations_registered": 0,
    "organizations_filed": 0,
    "organizations_guided": 0,
    "workers": 0,
    "community_workers": 0,
    "professionals_degree_only": 0,
    "professionals_assistant": 0,
    "professionals_social_worker": 0,
    "professionals_senior": 0,
}


def target_of(code):
    return Target.objects.get(plan__code="2020", code=code)


@pytest.fixture
def judge(place, period):
    """Return a function giving (verdict, missing) of a community with these figures and zero for all others."""

    def verdict_on(target, **figures):
        is_rural = target.kind == "rural"
        CommunityMeasure.objects.create(
            period=period,
            community=place.villages[0] if is_rural else place.communities[0],
            county=place.other_county if is_rural else place.county,
            town=place.rural_town if is_rural else place.street,
            code="140400000000",
            name="某社区",
            kind=target.kind or "urban",
            **{**REPORTED, **figures},
        )
        judged = CommunityMeasure.objects.judged_by(target).get()
        return judged.verdict, judged.missing

    return verdict_on


@pytest.mark.parametrize(
    ("area", "verdict", "missing"),
    [
        (Decimal("500.00"), "met", None),
        (Decimal("500.01"), "met", None),
        (Decimal("499.99"), "unmet", Decimal("0.01")),
        (Decimal("0.00"), "unmet", Decimal("500.00")),
        (None, "unknown", None),
    ],
)
def test_500_square_metres_include_500(judge, area, verdict, missing):
    assert judge(target_of("urban_facility_area"), facility_area=area) == (verdict, missing)


@pytest.mark.parametrize(
    ("registered", "filed", "guided", "verdict", "missing"),
    [(10, 0, 0, "met", None), (3, 3, 4, "met", None), (3, 3, 3, "unmet", 1), (0, 0, 0, "unmet", 10)],
)
def test_organizations_of_all_three_registrations_count_towards_ten(judge, registered, filed, guided, verdict, missing):
    figures = {
        "organizations_registered": registered,
        "organizations_filed": filed,
        "organizations_guided": guided,
    }
    assert judge(target_of("urban_org_count"), **figures) == (verdict, missing)


@pytest.mark.parametrize(
    ("residents", "organizations", "verdict", "missing"),
    [
        (3_000, 5, "met", None),
        (3_000, 4, "unmet", 1),
        (2_999, 0, "not_applicable", None),
        (2_999, 9, "not_applicable", None),
        (0, 0, "not_applicable", None),
        (None, 0, "unknown", None),
        (None, 9, "unknown", None),
        (3_000, None, "unknown", None),
        (2_999, None, "not_applicable", None),
    ],
)
def test_rural_organizations_are_asked_from_3000_residents_on(judge, residents, organizations, verdict, missing):
    target = target_of("rural_org_count")
    registers = {"organizations_registered": organizations}
    if organizations is None:
        registers |= {"organizations_filed": None, "organizations_guided": None}
    assert judge(target, residents=residents, **registers) == (verdict, missing)


@pytest.mark.parametrize(
    ("professionals", "verdict", "missing"),
    [(0, "unmet", 2), (1, "unmet", 1), (2, "met", None), (5, "met", None), (6, "over", None)],
)
def test_urban_professionals_are_two_to_five(judge, professionals, verdict, missing):
    target = target_of("urban_professionals")
    assert judge(target, workers=9, professionals_assistant=professionals) == (verdict, missing)


def test_professionals_of_every_level_and_with_a_degree_alone_count(judge):
    figures = {"professionals_degree_only": 1, "professionals_social_worker": 1, "professionals_senior": 1}
    assert judge(target_of("urban_professionals"), **figures) == ("met", None)


@pytest.mark.parametrize(
    ("professionals", "verdict", "missing"), [(0, "unmet", 1), (1, "met", None), (40, "met", None)]
)
def test_one_rural_professional_is_enough_and_many_are_not_too_many(judge, professionals, verdict, missing):
    assert judge(target_of("rural_professionals"), professionals_senior=professionals) == (verdict, missing)


def test_the_counting_rule_chooses_what_counts(judge):
    target = target_of("urban_org_count")
    target.counting_rule = {"registration": ["registered", "guided"]}
    figures = {"organizations_registered": 6, "organizations_filed": 5, "organizations_guided": 3}
    assert judge(target, **figures) == ("unmet", 1)


def test_an_empty_counting_rule_counts_everything(judge):
    target = target_of("urban_org_count")
    target.counting_rule = {}
    figures = {"organizations_registered": 6, "organizations_filed": 1, "organizations_guided": 3}
    assert judge(target, **figures) == ("met", None)


def test_a_fractional_bound_is_compared_as_a_number(judge):
    target = target_of("urban_facility_area")
    target.at_least = Decimal("99.50")
    assert judge(target, facility_area=Decimal("99.49")) == ("unmet", Decimal("0.01"))


@pytest.mark.parametrize(
    "rule", [{"registration": []}, {"registration": ["registred"]}, {"level": ["senior"]}, {"level": []}]
)
def test_a_counting_rule_that_counts_nothing_is_refused_instead_of_counting_zero(judge, rule):
    target = target_of("urban_org_count")
    target.counting_rule = rule
    with pytest.raises(InvalidError, match="计数规则"):
        judge(target)


def test_an_unknown_indicator_is_refused(judge):
    target = target_of("urban_org_count")
    target.indicator = "happiness"
    with pytest.raises(InvalidError, match="happiness"):
        judge(target)


def test_a_target_for_information_is_never_judged(judge):
    with pytest.raises(InvalidError, match="仅供参考"):
        judge(target_of("workforce_total"))


def test_the_value_stands_beside_the_verdict(place, period, judge):
    judge(target_of("urban_facility_area"), facility_area=Decimal("123.45"))
    assert CommunityMeasure.objects.judged_by(target_of("urban_facility_area")).get().value == Decimal("123.45")
    assert CommunityMeasure.objects.judged_by(target_of("urban_professionals")).get().value == 0


# --- Ratios ---


@pytest.mark.parametrize(
    ("households", "area", "verdict", "missing", "value"),
    [
        (300, "90.00", "met", None, "30.00"),
        (300, "89.99", "unmet", "0.01", "30.00"),  # rounds to 30, but is not met
        (300, "90.01", "met", None, "30.00"),
        (400, "100.00", "unmet", "20.00", "25.00"),
        (333, "99.90", "met", None, "30.00"),
        (7, "0.00", "unmet", "2.10", "0.00"),
        (None, "90.00", "unknown", None, None),
        (0, "0.00", "not_applicable", None, None),
        (0, "500.00", "not_applicable", None, None),
        (300, None, "unknown", None, None),
        (0, None, "not_applicable", None, None),
    ],
)
def test_a_ratio_is_compared_exactly_and_lacks_so_many_square_metres(judge, households, area, verdict, missing, value):
    target = target_of("urban_facility_area")
    target.per, target.at_least = "100_households", 30
    area = None if area is None else Decimal(area)
    missing = None if missing is None else Decimal(missing)
    assert judge(target, households=households, facility_area=area) == (verdict, missing)
    measured = CommunityMeasure.objects.judged_by(target).get()
    assert measured.value == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("residents", "workers", "verdict", "missing"),
    [
        (5_000, 9, "met", None),
        (5_001, 9, "unmet", Decimal("0.01")),
        (10_000, 18, "met", None),
        (10_000, 21, "over", None),
        (10_000, 20, "met", None),
    ],
)
def test_workers_per_ten_thousand_residents_may_be_asked_for_as_a_range(judge, residents, workers, verdict, missing):
    target = target_of("urban_professionals")
    target.indicator, target.counting_rule = "community_workers", {}
    target.per, target.at_least, target.at_most = "10000_residents", 18, 20
    assert judge(target, residents=residents, community_workers=workers) == (verdict, missing)


def test_a_ratio_of_a_small_village_is_not_applicable_before_its_households_are_asked_for(judge):
    target = target_of("rural_org_count")
    target.per, target.at_least = "100_households", 1
    assert judge(target, residents=2_999, households=None) == ("not_applicable", None)


# --- Lists ---


@pytest.fixture
def measured(place, period):
    """Create urban communities with areas 100, 499.5, unknown and 500, and a village."""
    areas = [Decimal("499.50"), Decimal(100), None, Decimal(500)]
    for community, area in zip((*place.communities, place.other_communities[0]), areas, strict=True):
        CommunityMeasure.objects.create(
            period=period,
            community=community,
            county=place.county,
            town=community.town,
            code=community.code,
            name=community.name,
            kind="urban",
            **{**REPORTED, "facility_area": area},
        )
    CommunityMeasure.objects.create(
        period=period,
        community=place.villages[0],
        county=place.other_county,
        town=place.rural_town,
        code=place.villages[0].code,
        name=place.villages[0].name,
        kind="rural",
        **REPORTED,
    )
    return period


def test_communities_that_fall_short_come_farthest_first_and_unknown_ones_not_at_all(measured, place):
    falling_short = CommunityMeasure.objects.for_period(measured).falling_short_of(target_of("urban_facility_area"))
    assert [(measure.community, measure.missing) for measure in falling_short] == [
        (place.communities[1], Decimal(400)),
        (place.communities[0], Decimal("0.50")),
    ]


def test_communities_that_cannot_be_judged_are_listed_apart(measured, place):
    unknown = CommunityMeasure.objects.for_period(measured).unknown_for(target_of("urban_facility_area"))
    assert [measure.community for measure in unknown] == [place.communities[2]]


def test_a_clerk_sees_only_the_own_communities_that_fall_short(measured, other_clerk, clerk):
    falling_short = CommunityMeasure.objects.falling_short_of(target_of("urban_facility_area"))
    assert falling_short.visible_to(clerk).count() == 2
    assert falling_short.visible_to(other_clerk).count() == 0


# --- Counties ---


@pytest.mark.parametrize(
    ("agencies", "verdict", "missing"),
    [(0, "unmet", 3), (2, "unmet", 1), (3, "met", None), (5, "met", None), (6, "over", None), (None, "unknown", None)],
)
def test_an_urban_district_needs_three_to_five_registered_agencies(place, period, agencies, verdict, missing):
    others = None if agencies is None else 9
    for division in (place.county, place.other_county, place.city, place.street):
        DivisionMeasure.objects.create(
            period=period,
            division=division,
            agencies_registered=agencies,
            agencies_filed=others,
            agencies_guided=others,
        )
    judged = DivisionMeasure.objects.judged_by(target_of("district_agencies")).get()
    assert (judged.division, judged.verdict, judged.missing) == (place.county, verdict, missing)


def test_every_verdict_has_a_word_for_people():
    assert all(verdict.label for verdict in Verdict)
