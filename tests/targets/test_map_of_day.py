"""The map of a day: facts count for the divisions of that day, wherever they were recorded (docs/domain.md §3)."""

import datetime

import pytest

from accounts.actions import apply_division_changes
from communities.models import CommunityPlacement, Division
from targets.actions import compute_period
from targets.models import CommunityMeasure, DivisionMeasure, TargetResult
from tests.communities.changes import change, goes
from tests.factories import make_division, make_facility, make_organization, make_period, make_worker

pytestmark = pytest.mark.django_db
MERGER = datetime.date(2018, 11, 23)


@pytest.fixture
def merged(place):
    """Merge 城区 and its two streets into 潞州区 on 2018-11-23; return the new county and street."""
    county = make_division("140403", "潞州区", place.city, is_urban_district=True, valid_from=MERGER)
    street = make_division("140403001", "东街街道办事处", county, valid_from=MERGER)
    other_street = make_division("140403002", "西街街道办事处", county, valid_from=MERGER)
    for old, new in ((place.county, county), (place.street, street), (place.other_street, other_street)):
        Division.objects.filter(pk=old.pk).update(valid_to=MERGER, successor=new)
    for community in (*place.communities, *place.other_communities):
        new_town = street if community in place.communities else other_street
        code = community.code.replace("140402", "140403")
        community.placements.update(valid_to=MERGER)
        CommunityPlacement.objects.create(
            community=community, town=new_town, code=code, name=community.name, valid_from=MERGER
        )
        type(community).objects.filter(pk=community.pk).update(town=new_town, code=code)
    return county, street


def computed(month):
    period = make_period(month)
    compute_period(period)
    return period


def test_a_month_has_the_counties_and_towns_of_its_last_day(place, merged):
    before, after = computed("2018-10"), computed("2018-11")
    county, street = merged
    community = place.communities[0]
    measured_before = CommunityMeasure.objects.for_period(before).get(community=community)
    measured_after = CommunityMeasure.objects.for_period(after).get(community=community)
    assert (measured_before.county, measured_before.town) == (place.county, place.street)
    assert (measured_after.county, measured_after.town) == (county, street)
    assert (measured_before.code, measured_after.code) == ("140402001001", "140403001001")
    reported = {
        period: set(TargetResult.objects.for_period(period).values_list("division__code", flat=True))
        for period in (before, after)
    }
    assert {"140402", "140402001"} <= reported[before]
    assert "140403" not in reported[before]
    assert {"140403", "140403001"} <= reported[after]
    assert "140402" not in reported[after]


def test_facts_recorded_at_a_merged_county_count_for_its_successor(place, merged):
    make_worker(place.street)
    make_worker(place.county)
    make_organization(place.county, registration="registered", is_social_work_agency=True)
    county, street = merged
    after = DivisionMeasure.objects.for_period(computed("2018-11"))
    assert after.get(division=county).workers == 2
    assert after.get(division=street).workers == 1
    assert after.get(division=county).agencies_registered == 1
    assert after.get(division=place.city).workers == 2


def test_facts_recorded_later_at_the_new_county_count_for_the_old_one_in_earlier_months(place, merged):
    county, street = merged
    make_worker(street)
    make_worker(county)
    before = DivisionMeasure.objects.for_period(computed("2018-10"))
    assert before.get(division=place.street).workers == 1
    assert before.get(division=place.county).workers == 2
    assert before.get(division=place.city).workers == 2


def test_the_merged_county_has_reported_what_its_parts_have_reported(place, merged):
    make_worker(place.county)
    after = computed("2018-11")
    assert CommunityMeasure.objects.for_period(after).get(community=place.communities[0]).workers == 0


def test_a_town_whose_county_was_renamed_above_it_belongs_to_the_new_county(place):
    """A town may continue while its county gets a new name and code; its parent is then the old row."""
    renamed = make_division("140499", "新襄垣县", place.city, valid_from=MERGER)
    Division.objects.filter(pk=place.other_county.pk).update(valid_to=MERGER, successor=renamed)
    make_facility(place.villages[0])
    measure = CommunityMeasure.objects.for_period(computed("2018-12")).get(community=place.villages[0])
    assert (measure.county, measure.town) == (renamed, place.rural_town)
    assert measure.facility_area == 520


def test_a_worker_of_a_closed_community_still_counts_for_the_county(place):
    community = place.communities[0]
    make_worker(community)
    community.placements.update(valid_to=MERGER)
    type(community).objects.filter(pk=community.pk).update(closed_on=MERGER)
    counted = DivisionMeasure.objects.for_period(computed("2018-12"))
    assert counted.get(division=place.county).workers == 1


@pytest.mark.parametrize("goes_on", [True, False])
def test_facts_recorded_later_at_a_part_that_was_split_off_count_for_the_whole_in_earlier_months(
    place, administrator, goes_on
):
    change("split", place.county, "140402" if goes_on else "140408", "城区" if goes_on else "东城区")
    change("split", place.county, "140409", "西城区")
    for community in () if goes_on else place.communities:
        goes(community, community.code.replace("140402", "140408"))
    for community in place.other_communities[:1]:
        goes(community, community.code.replace("140402", "140409"))
    goes(place.other_communities[1], "140409007001", town="新街街道办事处")
    apply_division_changes(by=administrator)
    for code in ("140409", "140409002", "140409007"):
        make_worker(Division.objects.by_code(code))
    make_organization(Division.objects.by_code("140409"), registration="registered", is_social_work_agency=True)
    before = DivisionMeasure.objects.for_period(computed("2018-10"))
    assert before.get(division=place.county).workers == 3
    assert before.get(division=place.county).agencies_registered == 1
    assert before.get(division=place.city).workers == 3


def test_successors_in_a_ring_do_not_hang_the_computation(place):
    old = make_division("140498", "甲县", place.city)
    older = make_division("140497", "乙县", place.city)
    Division.objects.filter(pk=old.pk).update(valid_to=MERGER, successor=older)
    Division.objects.filter(pk=older.pk).update(valid_to=MERGER, successor=old)
    period = computed("2018-12")
    assert not TargetResult.objects.for_period(period).filter(division__in=[old, older]).exists()
