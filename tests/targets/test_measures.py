"""What measures count of the registers as of the month's last day (docs/domain.md §5)."""

import datetime
from decimal import Decimal

import pytest

from communities.models import Community, CommunityPlacement
from socialworkers.models import SocialWorker
from targets.actions import compute_period
from targets.models import CommunityMeasure, DivisionMeasure
from tests.factories import (
    make_community,
    make_facility,
    make_organization,
    make_posting,
    make_profile,
    make_worker,
)

pytestmark = pytest.mark.django_db
LAST_DAY = datetime.date(2018, 6, 30)
NEXT_DAY = datetime.date(2018, 7, 1)


@pytest.fixture
def measure_of(period):
    """Return a function that computes June 2018 and gives the measure of a community."""

    def compute(community):
        compute_period(period)
        return CommunityMeasure.objects.for_period(period).get(community=community)

    return compute


@pytest.fixture
def count_of(period):
    """Return a function that computes June 2018 and gives the measure of a division."""

    def compute(division):
        compute_period(period)
        return DivisionMeasure.objects.for_period(period).get(division=division)

    return compute


# --- Days ---


@pytest.mark.parametrize(
    ("opened_on", "closed_on", "area"),
    [
        (LAST_DAY, None, 520),
        (NEXT_DAY, None, 0),
        (datetime.date(2016, 5, 1), LAST_DAY, 0),
        (datetime.date(2016, 5, 1), NEXT_DAY, 520),
        (LAST_DAY, LAST_DAY, 0),
    ],
)
def test_a_facility_counts_from_its_opening_until_the_day_it_closes(place, measure_of, opened_on, closed_on, area):
    make_facility(place.communities[0], opened_on=opened_on, closed_on=closed_on)
    assert measure_of(place.communities[0]).facility_area == area


@pytest.mark.parametrize(
    ("established_on", "dissolved_on", "number"),
    [(LAST_DAY, None, 1), (NEXT_DAY, None, 0), (datetime.date(2016, 5, 1), LAST_DAY, 0), (LAST_DAY, NEXT_DAY, 1)],
)
def test_an_organization_counts_from_its_founding_until_the_day_it_dissolves(
    place, measure_of, established_on, dissolved_on, number
):
    make_organization(place.communities[0], established_on=established_on, dissolved_on=dissolved_on)
    assert measure_of(place.communities[0]).organizations_filed == number


@pytest.mark.parametrize(
    ("started_on", "ended_on", "number"),
    [(LAST_DAY, None, 1), (NEXT_DAY, None, 0), (datetime.date(2017, 5, 1), LAST_DAY, 0), (LAST_DAY, NEXT_DAY, 1)],
)
def test_a_worker_counts_from_the_first_day_until_the_day_the_posting_ends(
    place, measure_of, started_on, ended_on, number
):
    make_worker(place.communities[0], posting={"started_on": started_on, "ended_on": ended_on})
    measure = measure_of(place.communities[0])
    assert (measure.workers, measure.professionals_assistant) == (number, number)


def test_a_worker_who_moved_counts_where_the_month_ended(place, measure_of):
    before, after = place.communities[:2]
    worker = make_worker(before, posting={"ended_on": NEXT_DAY, "is_newest": False})
    make_posting(worker, after, started_on=NEXT_DAY)
    assert measure_of(before).workers == 1
    assert measure_of(after).workers == 0


# --- What counts ---


def test_only_integrated_facilities_count_towards_the_area(place, measure_of):
    community = place.communities[0]
    make_facility(community, area="333.33")
    make_facility(community, area="9999", kind="activity")
    make_facility(community, area="9999", kind="welfare")
    assert measure_of(community).facility_area == Decimal("333.33")


@pytest.mark.parametrize(
    "areas",
    [
        ("166.67", "166.67", "166.66"),
        ("499.90", "0.03", "0.07"),
        ("0.10", "0.20", "499.70"),
        ("333.40", "166.59", "0.01"),
    ],
)
def test_three_areas_that_make_500_make_exactly_500(place, measure_of, areas):
    for area in areas:
        make_facility(place.communities[0], area=area)
    assert measure_of(place.communities[0]).facility_area == Decimal("500.00")
    assert CommunityMeasure.objects.filter(facility_area__gte=500).count() == 1


def test_organizations_are_split_by_registration(place, measure_of):
    community = place.communities[0]
    for registration, number in (("registered", 1), ("filed", 2), ("guided", 3)):
        for _ in range(number):
            make_organization(community, registration=registration)
    measure = measure_of(community)
    assert (measure.organizations_registered, measure.organizations_filed, measure.organizations_guided) == (1, 2, 3)


def test_workers_are_split_by_what_qualifies_them(place, measure_of):
    community = place.communities[0]
    level = SocialWorker.Level
    make_worker(community, level=level.NONE, has_social_work_degree=None)
    make_worker(community, level=level.NONE, has_social_work_degree=False)
    make_worker(community, level=level.NONE, has_social_work_degree=True)
    make_worker(community, level=level.ASSISTANT, has_social_work_degree=True)
    make_worker(community, level=level.SOCIAL_WORKER)
    make_worker(community, level=level.SENIOR, posting={"is_community_worker": False})
    measure = measure_of(community)
    assert measure.workers == 6
    assert measure.community_workers == 5
    assert measure.professionals_degree_only == 1
    assert measure.professionals_assistant == 1
    assert measure.professionals_social_worker == 1
    assert measure.professionals_senior == 1


# --- Population ---


def test_the_population_is_the_newest_one_known_by_the_day(place, measure_of):
    community = place.communities[0]
    make_profile(community, residents=1_000, households=400, as_of=datetime.date(2017, 12, 31))
    make_profile(community, residents=2_000, households=None, as_of=LAST_DAY)
    make_profile(community, residents=9_000, households=9_000, as_of=NEXT_DAY)
    measure = measure_of(community)
    assert (measure.residents, measure.households) == (2_000, 400)


def test_a_newer_profile_that_leaves_the_population_blank_does_not_hide_the_older_one(place, measure_of):
    community = place.communities[0]
    make_profile(community, residents=1_000, households=400, as_of=datetime.date(2017, 12, 31))
    make_profile(community, residents=None, households=410, as_of=datetime.date(2018, 3, 31))
    measure = measure_of(community)
    assert (measure.residents, measure.households) == (1_000, 410)


def test_a_population_dated_after_the_month_is_unknown(place, measure_of):
    make_profile(place.communities[0], as_of=NEXT_DAY)
    assert measure_of(place.communities[0]).residents is None


# --- Unknown is not zero ---


def test_without_one_row_of_a_register_in_the_county_its_figures_are_unknown(place, measure_of):
    make_facility(place.villages[0])
    measure = measure_of(place.communities[0])
    assert measure.facility_area is None
    assert measure.organizations_filed is None
    assert measure.workers is None


def test_with_one_row_anywhere_in_the_county_the_others_have_zero(place, measure_of):
    make_facility(place.communities[0])
    make_organization(place.communities[0])
    make_worker(place.communities[0])
    measure = measure_of(place.other_communities[0])
    assert measure.facility_area == 0
    assert (measure.organizations_registered, measure.organizations_filed, measure.organizations_guided) == (0, 0, 0)
    assert (measure.workers, measure.community_workers, measure.professionals_senior) == (0, 0, 0)


@pytest.mark.parametrize(
    "dates",
    [
        {"opened_on": datetime.date(2030, 1, 1)},
        {"opened_on": datetime.date(2000, 1, 1), "closed_on": datetime.date(2001, 1, 1)},
    ],
)
def test_a_row_makes_the_county_a_reporting_one_whatever_its_dates(place, measure_of, dates):
    make_facility(place.communities[0], **dates)
    assert measure_of(place.other_communities[0]).facility_area == 0


def test_a_facility_of_another_kind_makes_the_county_a_reporting_one(place, measure_of):
    make_facility(place.communities[0], kind="welfare")
    assert measure_of(place.communities[0]).facility_area == 0


@pytest.mark.parametrize("level", ["street", "county"])
def test_rows_at_a_town_or_county_make_the_county_a_reporting_one_too(place, measure_of, level):
    make_organization(getattr(place, level))
    make_worker(getattr(place, level))
    measure = measure_of(place.other_communities[0])
    assert measure.organizations_filed == 0
    assert measure.workers == 0
    assert measure.facility_area is None


def test_a_row_of_a_community_that_is_not_scored_makes_the_county_a_reporting_one(place, measure_of):
    virtual = make_community(place.street, "虚拟社区居委会", is_virtual=True)
    make_facility(virtual)
    assert measure_of(place.communities[0]).facility_area == 0


# --- Which communities are scored ---


def scored(period):
    compute_period(period)
    return set(CommunityMeasure.objects.for_period(period).values_list("name", flat=True))


def test_a_virtual_community_is_never_scored(place, period):
    make_community(place.street, "城南虚拟社区居委会", is_virtual=True, residents=5_000)
    assert "城南虚拟社区居委会" not in scored(period)


@pytest.mark.parametrize(
    ("kind", "residents", "is_scored"),
    [("", None, False), ("", 900, False), ("urban", None, False), ("urban", 900, True)],
)
def test_a_mine_is_scored_once_it_has_a_kind_and_a_known_population(place, period, kind, residents, is_scored):
    make_community(place.rural_town, "司马矿区", kind=kind, code="140423100400", residents=residents)
    assert ("司马矿区" in scored(period)) is is_scored


def test_a_mine_whose_population_is_dated_after_the_month_is_not_scored_yet(place, period):
    make_community(place.rural_town, "司马矿区", code="140423100401", residents=900, as_of=NEXT_DAY)
    assert "司马矿区" not in scored(period)


def test_an_ordinary_community_is_scored_without_a_population(place, period):
    assert {"和平社区居委会", "西垴头村委会"} <= scored(period)


def test_the_highest_ordinary_suffix_needs_no_population(place, period):
    make_community(place.rural_town, "末村委会", kind="rural", code="140423100399")
    assert "末村委会" in scored(period)


def test_a_community_is_scored_while_it_stands(place, period):
    for name, valid_from, valid_to in (
        ("未设社区居委会", NEXT_DAY, None),
        ("已撤社区居委会", datetime.date(2000, 1, 1), LAST_DAY),
        ("将撤社区居委会", datetime.date(2000, 1, 1), NEXT_DAY),
    ):
        community = make_community(place.street, name, closed_on=valid_to)
        CommunityPlacement.objects.filter(community=community).update(valid_from=valid_from, valid_to=valid_to)
    found = scored(period)
    assert "未设社区居委会" not in found
    assert "已撤社区居委会" not in found
    assert "将撤社区居委会" in found


def test_a_closed_community_is_not_scored_even_if_its_placement_was_left_open(place, period):
    make_community(place.street, "已撤社区居委会", closed_on=LAST_DAY)
    make_community(place.street, "将撤社区居委会", closed_on=NEXT_DAY)
    found = scored(period)
    assert "已撤社区居委会" not in found
    assert "将撤社区居委会" in found


def test_a_measure_keeps_the_code_and_name_of_the_month(place, period, measure_of):
    community = place.communities[0]
    placement = community.placements.get()
    placement.valid_to = NEXT_DAY
    placement.save()
    CommunityPlacement.objects.create(
        community=community, town=place.street, code="140402001099", name="新和平社区居委会", valid_from=NEXT_DAY
    )
    Community.objects.filter(pk=community.pk).update(code="140402001099", name="新和平社区居委会")
    measure = measure_of(community)
    assert (measure.code, measure.name) == ("140402001001", "和平社区居委会")


# --- Divisions ---


def test_workers_of_a_town_station_count_for_town_county_and_city_but_for_no_community(place, period, count_of):
    make_worker(place.street, level="senior")
    make_worker(place.communities[0])
    make_worker(place.county, level="none", has_social_work_degree=True)
    assert count_of(place.street).workers == 2
    assert count_of(place.other_street).workers == 0
    county, city = count_of(place.county), count_of(place.city)
    for measure in (county, city):
        assert (measure.workers, measure.community_workers) == (3, 1)
        assert (measure.professionals_senior, measure.professionals_assistant) == (1, 1)
        assert measure.professionals_degree_only == 1
    at_communities = CommunityMeasure.objects.for_period(period).get(community=place.communities[0])
    assert at_communities.workers == 1


def test_a_worker_of_an_unscored_community_still_counts_in_the_workforce(place, count_of):
    make_worker(make_community(place.street, "城南虚拟社区居委会", is_virtual=True))
    assert count_of(place.county).workers == 1
    assert count_of(place.city).workers == 1


def test_agencies_count_for_the_county_wherever_in_it_they_serve_from(place, count_of):
    for where in (place.county, place.street, place.communities[0]):
        make_organization(where, registration="registered", is_social_work_agency=True)
    make_organization(place.county, registration="registered")
    make_organization(place.county, registration="guided", is_social_work_agency=True)
    make_organization(place.county, registration="registered", is_social_work_agency=True, dissolved_on=LAST_DAY)
    measure = count_of(place.county)
    assert (measure.agencies_registered, measure.agencies_filed, measure.agencies_guided) == (3, 0, 1)
    assert count_of(place.city).agencies_registered == 3
    assert count_of(place.street).agencies_registered == 2


def test_a_county_that_reported_nothing_is_unknown_and_the_city_counts_the_others(place, count_of):
    make_worker(place.communities[0])
    assert count_of(place.other_county).workers is None
    assert count_of(place.rural_town).workers is None
    assert count_of(place.city).workers == 1


def test_the_city_is_unknown_while_no_county_has_reported(place, count_of):
    assert count_of(place.city).workers is None
