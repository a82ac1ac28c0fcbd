"""County and town in the address of a list: what a user of a county or town gets of them (docs/domain.md §1)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.actions import apply_division_changes
from accounts.models import Role
from communities.models import Division
from tests.communities.changes import DAY, EVE, change
from tests.factories import (
    make_batch,
    make_community,
    make_division,
    make_facility,
    make_organization,
    make_project,
    make_user,
    make_worker,
)

pytestmark = pytest.mark.django_db
REGISTERS = (
    "communities:community_list",
    "communities:facility_list",
    "orgs:list",
    "socialworkers:list",
    "services:list",
)
# The counties that are merged, and what each has of every register.
URBAN, SUBURB, MERGED = "140402", "140411", "140403"


@pytest.fixture
def merged(place):
    """Merge 城区 and 郊区 into 潞州区; each has two communities with a record of every register, 襄垣县 one."""
    suburb = make_division(SUBURB, "郊区", place.city)
    town = make_division("140411100", "老顶山镇", suburb)
    communities = [*place.communities[:2], *(make_community(town) for _ in range(3)), place.villages[0]]
    for community in communities:
        make_facility(community)
        make_organization(community)
        make_worker(community)
        make_project(community.town, community)
    for each in (place.county, suburb):
        change("merge", each, MERGED, "潞州区")
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, place.city))
    return Division.objects.by_code(MERGED)


def count(page):
    return page.context["table"].paginator.count


@pytest.mark.parametrize("name", REGISTERS)
def test_a_former_county_in_the_address_narrows_the_list_of_its_office_as_that_of_the_bureau(
    name, merged, place, signed_in
):
    clerk, officer = make_user(Role.DISTRICT_CLERK, merged), make_user(Role.BUREAU_OFFICER, place.city)
    numbers = {
        user.role: {
            code: count(signed_in(user).get(reverse(name), {"county": code})) for code in (URBAN, SUBURB, MERGED)
        }
        for user in (clerk, officer)
    }
    assert numbers[clerk.role] == numbers[officer.role]
    assert 0 < numbers[clerk.role][SUBURB] == 3 < numbers[clerk.role][MERGED]
    assert numbers[clerk.role][URBAN] + numbers[clerk.role][SUBURB] == numbers[clerk.role][MERGED]
    page = signed_in(clerk).get(reverse(name), {"county": URBAN})
    assert "城区（2018-11-23前，今潞州区）</option>" in page.content.decode(), "what narrows the list is to be seen"


@pytest.mark.parametrize("name", [*REGISTERS, "uploads:list"])
@pytest.mark.parametrize("code", ["999", "140423"])
def test_a_county_that_an_office_does_not_know_lists_nothing_and_says_so(name, code, merged, signed_in):
    clerk = make_user(Role.DISTRICT_CLERK, merged)
    make_batch(clerk, "facilities")
    client = signed_in(clerk)
    assert count(client.get(reverse(name))) > 0
    page = client.get(reverse(name), {"county": code})
    assert count(page) == 0
    assert list(page.context["filter_form"].errors) == ["county"]
    assert "查询条件有误" in page.content.decode()


@pytest.mark.parametrize("name", [*REGISTERS, "uploads:list"])
def test_an_office_is_not_asked_for_its_only_county(name, merged, signed_in):
    clerk = make_user(Role.DISTRICT_CLERK, merged)
    assert "county" not in signed_in(clerk).get(reverse(name)).context["filter_form"].fields


def test_uploads_of_the_own_county_are_listed_when_it_is_named(merged, signed_in):
    clerk = make_user(Role.DISTRICT_CLERK, merged)
    make_batch(clerk, "facilities")
    assert count(signed_in(clerk).get(reverse("uploads:list"), {"county": MERGED})) == 1


def test_workers_of_a_day_are_those_at_post_in_the_former_county_then(merged, place, signed_in):
    clerk = make_user(Role.DISTRICT_CLERK, merged)
    make_worker(place.communities[0], posting={"started_on": DAY})
    asked = {"on_day": EVE.isoformat(), "county": URBAN}
    assert count(signed_in(clerk).get(reverse("socialworkers:list"), asked)) == 2


@pytest.mark.parametrize("name", REGISTERS)
def test_the_address_of_a_town_names_its_county_too_and_holds_for_the_office_of_the_town(
    name, merged, place, signed_in
):
    street = Division.objects.get(code="140403001")
    clerk = make_user(Role.STREET_CLERK, street)
    client = signed_in(clerk)
    every = count(client.get(reverse(name)))
    assert every > 0
    for county, town in ((MERGED, street.code), (URBAN, place.street.code)):
        assert count(client.get(reverse(name), {"county": county, "town": town})) == every
    for asked in ({"county": SUBURB}, {"county": "999"}, {"town": "140403999"}):
        assert count(client.get(reverse(name), asked)) == 0
