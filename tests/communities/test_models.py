"""Tests of the models of divisions, communities and their records."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from changzhi_portal.refusals import NotFoundError
from communities.models import Community, CommunityPlacement, Division, Facility, GovernanceBody
from communities.models.division import short_code
from tests.factories import make_community, make_division, make_facility, make_governance_body, make_profile

pytestmark = pytest.mark.django_db
CHANGE = datetime.date(2018, 11, 23)


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("140400000000", "140400"),
        ("140402000000", "140402"),
        ("140402001000", "140402001"),
        ("140402001001", "140402001001"),
        (" 140402 ", "140402"),
        ("140402001", "140402001"),
    ],
)
def test_a_division_code_is_understood_with_and_without_its_zeros(written, short):
    assert short_code(written) == short


@pytest.mark.parametrize("code", ["140402", "140402000000"])
def test_a_division_is_found_by_its_code(place, code):
    assert Division.objects.by_code(code) == place.county


def test_an_unknown_code_says_how_to_load_the_divisions(place):
    with pytest.raises(NotFoundError) as refused:
        Division.objects.by_code("999999")
    assert "load_divisions" in refused.value.cure


def test_a_code_that_was_given_again_means_the_newest_holder(place):
    # The closed division has another path, because paths are unique.
    Division.objects.filter(pk=place.other_county.pk).update(valid_to=CHANGE, path="140400/140402/140423/")
    again = make_division("140423", "新襄垣县", place.city, valid_from=CHANGE)
    assert Division.objects.by_code("140423") == again


def test_a_closed_county_hangs_under_its_successor_whose_scope_reaches_its_past(place, clerk):
    heir = make_division("140403", "潞州区", place.city, is_urban_district=True)
    place.county.valid_to, place.county.successor = CHANGE, heir
    place.county.prepare_keys()
    place.county.save()
    assert place.county.path == "140400/140403/140402/"
    clerk.division = heir
    assert place.county in Division.objects.visible_to(clerk)
    assert set(Division.objects.counties().current()) == {heir, place.other_county}
    assert place.county in Division.objects.in_effect_on(CHANGE - datetime.timedelta(days=1))
    assert place.county not in Division.objects.in_effect_on(CHANGE)


def test_a_town_is_called_with_its_county(place):
    assert place.street.full_name == "城区东街街道办事处"
    assert place.county.full_name == "城区"


@pytest.mark.parametrize("name", ["和平", "和平社区", "和平居委会", "和平社区居民委员会", "和 平"])
def test_a_community_is_found_by_any_form_of_its_name(place, name):
    assert list(Community.objects.named(name)) == [place.communities[0]]


def test_two_standing_communities_of_a_town_cannot_share_a_name_or_a_code(place):
    first = place.communities[0]
    for fields in ({"name": first.name}, {"code": first.code}):
        twin = Community(town=place.street, **{"name": "另一个社区", "code": "140402001099", **fields})
        twin.prepare_keys()
        with pytest.raises(ValidationError, match="已有"):
            twin.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            twin.save()
    assert make_community(place.other_street, first.name).name == first.name


def test_a_community_has_one_open_placement(place):
    community = place.communities[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        CommunityPlacement.objects.create(
            community=community, town=place.other_street, code="140402002050", name=community.name, valid_from=CHANGE
        )


def test_a_placement_that_ended_on_a_day_no_longer_holds_on_it(place):
    community = place.communities[0]
    community.placements.update(valid_to=CHANGE)
    assert not community.placements.in_effect_on(CHANGE).exists()
    assert community.placements.in_effect_on(CHANGE - datetime.timedelta(days=1)).exists()


def test_one_profile_a_day(place):
    make_profile(place.communities[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        make_profile(place.communities[0])
    assert make_profile(place.communities[0], as_of=datetime.date(2018, 6, 30)).pk


def test_a_facility_counts_from_its_opening_to_the_day_before_its_closing(place):
    facility = make_facility(place.communities[0], opened_on=datetime.date(2018, 6, 1), closed_on=CHANGE)
    for day, counts in (
        (datetime.date(2018, 5, 31), False),
        (datetime.date(2018, 6, 1), True),
        (CHANGE - datetime.timedelta(days=1), True),
        (CHANGE, False),
    ):
        assert Facility.objects.in_effect_on(day).filter(pk=facility.pk).exists() is counts


@pytest.mark.parametrize(
    "wrong", [{"area": -1}, {"activity_area": -1}, {"closed_on": datetime.date(2000, 1, 1)}], ids=str
)
def test_a_facility_that_makes_no_sense_is_refused(place, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_facility(place.communities[0], **wrong)


def test_a_body_either_exists_or_is_counted(place):
    make_governance_body(place.communities[0], GovernanceBody.Kind.GROUPS, number=6)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_governance_body(place.communities[0], GovernanceBody.Kind.PARTY, number=6)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_governance_body(place.communities[0], GovernanceBody.Kind.REPRESENTATIVES, exists=True)
