"""Tests of the quality rules of communities, population and facilities."""

from __future__ import annotations

import datetime

import pytest

from communities.models import Community, GovernanceBody
from communities.thresholds import FEWEST_PEERS as PEERS_THRESHOLD
from tests.factories import make_community, make_facility, make_governance_body, make_profile
from tests.quality import found_by, refs_found_by

pytestmark = pytest.mark.django_db
FEWEST_PEERS = PEERS_THRESHOLD.default
MAY, JUNE, JULY = datetime.date(2018, 5, 31), datetime.date(2018, 6, 30), datetime.date(2018, 7, 31)


@pytest.fixture
def home(place) -> Community:
    return place.communities[0]


def test_a_community_without_population_is_found_until_somebody_reports_it(place, home):
    make_profile(home, residents=None, as_of=MAY)
    make_profile(home, residents=2_000, as_of=JULY)
    assert home.ref in refs_found_by("population_missing", place.street)
    assert home.ref not in refs_found_by("population_missing", place.street, "2018-07")


def test_communities_that_are_never_scored_need_no_population(place):
    for fields in ({"is_virtual": True}, {"kind": ""}, {"closed_on": datetime.date(2018, 6, 1)}):
        make_community(place.other_street, **fields)
    refs = {community.ref for community in place.other_communities}
    assert refs_found_by("population_missing", place.other_street) == refs


@pytest.mark.parametrize(
    ("before", "now", "is_jump"),
    [
        (1_000, 1_499, False),
        (1_000, 1_500, True),
        (1_000, 501, False),
        (1_000, 500, True),
        (60, 20, False),
        (0, 900, False),
    ],
)
def test_a_population_that_changed_by_half_is_found(place, home, before, now, is_jump):
    make_profile(home, residents=before, as_of=MAY)
    make_profile(home, residents=now, as_of=JUNE)
    assert bool(found_by("population_jumped", place.city)) is is_jump


def test_a_jump_is_judged_against_the_newest_count_before_the_month(place, home):
    make_profile(home, residents=1_000, as_of=datetime.date(2017, 12, 31))
    make_profile(home, residents=2_000, as_of=datetime.date(2018, 6, 15))
    (finding,) = found_by("population_jumped", place.city)
    assert finding.message == "常住人口2,000人，上月是1,000人，增减达到50%以上，请核对。"
    assert found_by("population_jumped", place.city, "2018-07") == []


def test_a_slip_of_nine_digits_is_found_and_breaks_no_check(place, home):
    make_profile(home, residents=1_000, households=100_000_000, as_of=MAY)
    make_profile(home, residents=100_000_000, households=100_000_000, as_of=JUNE)
    assert refs_found_by("population_jumped", place.street) == {home.ref}
    assert not refs_found_by("household_size_implausible", place.street)


def _village_with_neighbours(place, residents: int) -> Community:
    for _ in range(FEWEST_PEERS):
        make_community(place.rural_town, kind="rural", residents=1_000)
    return make_community(place.rural_town, kind="rural", residents=residents)


@pytest.mark.parametrize(("residents", "stands_out"), [(9_999, False), (10_000, True), (51, False), (50, True)])
def test_a_population_far_from_that_of_its_like_is_found(place, residents, stands_out):
    village = _village_with_neighbours(place, residents)
    expected = {village.ref} if stands_out else set()
    assert refs_found_by("population_unlike_peers", place.city) == expected


def test_peers_are_of_the_same_kind_and_county_and_more_than_a_few(place):
    for _ in range(FEWEST_PEERS - 2):
        make_community(place.rural_town, kind="rural", residents=1_000)
    lone = make_community(place.rural_town, kind="rural", residents=90_000)  # one peer too few
    for _ in range(FEWEST_PEERS):
        make_community(place.rural_town, residents=9_000)
        make_community(place.street, kind="rural", residents=90_000)
    assert found_by("population_unlike_peers", place.city) == []
    assert lone.ref not in refs_found_by("population_unlike_peers", place.other_county)


def test_the_peers_of_a_street_are_those_of_its_county(place):
    for _ in range(FEWEST_PEERS):
        make_community(place.other_street, residents=2_000)
    odd = make_community(place.street, residents=40_000)
    (finding,) = found_by("population_unlike_peers", place.street)
    assert finding.ref == odd.ref
    assert "中位数是2,000人" in finding.message


@pytest.mark.parametrize(
    ("households", "residents", "is_odd"),
    [(800, 2_400, False), (2_400, 800, True), (100, 1_000, False), (100, 1_001, True)],
)
def test_households_and_people_that_do_not_fit_are_found(place, home, households, residents, is_odd):
    make_profile(home, households=households, residents=residents)
    assert bool(found_by("household_size_implausible", place.city)) is is_odd


def test_a_community_with_people_but_no_kind_is_found(place):
    peopled = make_community(place.street, kind="", residents=500)
    make_community(place.street, kind="")
    assert refs_found_by("kind_missing", place.city) == {peopled.ref}


def test_a_community_said_to_have_no_committee_is_found(place, home):
    make_governance_body(home, GovernanceBody.Kind.COMMITTEE, exists=False)
    make_governance_body(place.communities[1], GovernanceBody.Kind.COMMITTEE)
    make_governance_body(place.communities[2], GovernanceBody.Kind.SUPERVISION, exists=False)
    assert refs_found_by("committee_denied", place.city) == {home.ref}


def test_an_urban_community_without_facility_is_found_once_the_county_has_reported_any(place, home):
    assert found_by("urban_without_facility", place.city) == []
    make_facility(home)
    make_facility(place.communities[1], closed_on=datetime.date(2018, 6, 1))
    missing = {community.ref for community in (*place.communities[1:], *place.other_communities)}
    assert refs_found_by("urban_without_facility", place.city) == missing


def test_an_activity_area_larger_than_the_building_is_found(place, home):
    odd = make_facility(home, area=100, activity_area=101)
    make_facility(home, area=100, activity_area=100)
    make_facility(home, area=100)
    assert refs_found_by("activity_area_exceeds_area", place.city) == {odd.ref}


def test_facilities_too_large_or_of_no_size_are_found_while_in_use(place, home):
    large, empty = make_facility(home, area="20000.01"), make_facility(home, area=0)
    make_facility(home, area=20_000)
    make_facility(home, area=30_000, closed_on=datetime.date(2018, 1, 1))
    assert refs_found_by("facility_too_large", place.city) == {large.ref}
    assert refs_found_by("facility_area_zero", place.city) == {empty.ref}


def test_a_facility_far_from_its_like_is_found(place):
    for _ in range(FEWEST_PEERS):
        make_facility(place.villages[0], area=300)
    odd = make_facility(place.villages[1], area=3_000)
    make_facility(place.villages[1], area=3_000, kind="activity")  # no peers
    (finding,) = found_by("facility_unlike_peers", place.city)
    assert finding.ref == odd.ref
    assert finding.message == "建筑面积3,000㎡，本县同类社区此类设施的中位数是300㎡，相差悬殊，请核对。"


def test_one_building_under_two_names_is_found(place, home):
    first, second = make_facility(home, area="315.20"), make_facility(home, area="315.20")
    make_facility(home, area="315.20", opened_on=datetime.date(2017, 1, 1))
    make_facility(place.communities[1], area="315.20")
    assert refs_found_by("facility_twice", place.city) == {first.ref, second.ref}


def test_a_facility_in_use_at_a_closed_community_is_found(place):
    closed = make_community(place.street, closed_on=datetime.date(2018, 6, 30))
    odd = make_facility(closed)
    make_facility(closed, closed_on=datetime.date(2018, 6, 30))
    assert refs_found_by("facility_in_closed_community", place.city) == {odd.ref}
    assert found_by("facility_in_closed_community", place.city, "2018-05") == []
