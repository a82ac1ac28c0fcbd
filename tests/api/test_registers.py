"""Tests of reading registers by the API: the records of the list, in the user's scope, as the sheet writes them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from changzhi_portal.api.routes import endpoints
from changzhi_portal.registers.registry import registers
from orgs.models import SocialOrganization
from tests.factories import (
    Place,
    make_activity,
    make_catalogue_item,
    make_count,
    make_document,
    make_facility,
    make_hours,
    make_monthly_report,
    make_organization,
    make_payment,
    make_point,
    make_project,
    make_review,
    make_support,
    make_survey,
    make_training,
    make_user,
    make_work_item,
    make_worker,
)
from tests.queries import queries_of
from workload.models import Assessment

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
NAMES = [register.name for register in registers()]
ADDRESS = "/api/v1/organizations/"


@pytest.fixture
def filled(place: Place) -> Place:
    """Return the small city with one record of each register in the county and in the other one."""
    for community in (place.communities[0], place.villages[0]):
        make_support(make_organization(community, f"{community.name}合唱队"))
        make_activity(community)
        make_hours(make_worker(community), make_training(community.town.parent))
        make_facility(community)
        make_point(community)
        make_monthly_report(community)
        project = make_project(community.town.parent, community)
        make_catalogue_item(community.town.parent)
        make_review(project)
        make_payment(community.town.parent, project=project)
        make_count(make_survey(community.town.parent), community)
        make_work_item(community.town.parent)
        Assessment.objects.create(community=community, year=2018, work_score=80)
        make_document(community)
    return place


def rows_of(client: Client, address: str) -> list[dict[str, Any]]:
    """Return the rows of all pages."""
    rows = []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.content.decode()
        rows += answer.json()["results"]
        address = answer.json()["next"]
    return rows


def test_every_register_has_an_endpoint():
    assert set(NAMES) <= {endpoint.slug for endpoint in endpoints()}


@pytest.mark.parametrize("name", NAMES)
def test_a_list_has_the_records_of_the_own_county_as_the_sheet_writes_them(name, filled, clerk, signed_in):
    rows = rows_of(signed_in(clerk), f"/api/v1/{name}/")
    sheet = next(register for register in registers() if register.name == name)()
    written = {record["ref"]: record for record in sheet.records(clerk.division.path)}
    assert {row["ref"] for row in rows} == set(written)
    assert rows
    for row in rows:
        for column in sheet.columns:
            value = written[row["ref"]].get(column.field)
            assert str(row[column.field] if row[column.field] is not None else "") == str(
                "" if value is None else value
            )


@pytest.mark.parametrize("name", NAMES)
def test_a_record_of_another_county_does_not_exist(name, filled, clerk, other_clerk, signed_in):
    [theirs] = [row["ref"] for row in rows_of(signed_in(other_clerk), f"/api/v1/{name}/")][:1]
    own = signed_in(clerk)
    assert own.get(f"/api/v1/{name}/{theirs}/").status_code == 404
    assert theirs not in {row["ref"] for row in rows_of(own, f"/api/v1/{name}/")}
    assert signed_in(other_clerk).get(f"/api/v1/{name}/{theirs}/").json()["ref"] == theirs


@pytest.mark.parametrize("name", NAMES)
def test_visitors_are_told_to_sign_in(name, place):
    answer = Client().get(f"/api/v1/{name}/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_signed_in"


def test_personal_values_are_masks(filled, clerk, signed_in):
    [row] = rows_of(signed_in(clerk), "/api/v1/workers/")
    assert "*" in row["id_number"]


def test_a_role_without_the_right_gets_nothing(filled, leader, signed_in):
    answer = signed_in(leader).get("/api/v1/workers/")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_who_must_change_the_password_first_gets_nothing(filled, place, signed_in):
    new = make_user(Role.DISTRICT_CLERK, place.county, must_change_password=True)
    assert signed_in(new).get(ADDRESS).status_code == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("nonsense=1", "nonsense"),
        ("categroy=culture", "categroy"),
        ("category=nothing", "category"),
        ("active=perhaps", "active"),
        ("active=yes&active=no", "active"),
        ("on_day=2018-13-01", "on_day"),
        ("county=999999", "county"),
        ("county=140402&town=140423100", "town"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("cursor=abc", "cursor"),
        ("sort=colour", "sort"),
        ("fields=name,colour", "fields"),
        ("format=csv", "format"),
        ("county=", "county"),
        ("q=%20", "q"),
        ("fields=", "fields"),
        ("q=a%00b", "q"),
        ("modified_since=2018-06-01", "modified_since"),
        ("q=140402199003070017", "q"),
    ],
)
def test_what_an_address_cannot_mean_is_refused_by_name(query, field, filled, officer, signed_in):
    answer = signed_in(officer).get(f"{ADDRESS}?{query}")
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["errors"][0]["field"] == field
    assert problem["detail"] != problem["detail_en"]


@pytest.mark.parametrize("sort", ["", "name", "-name", "established_on", "-dissolved_on", "dissolved_on"])
def test_pages_have_every_record_once_in_order(sort, place, officer, signed_in):
    for number in range(7):
        make_organization(
            place.communities[0],
            f"{'甲乙丙丁'[number % 4]}{number}队",
            established_on=datetime.date(2016, 1, 1 + number % 3),
            dissolved_on=datetime.date(2018, 1, 1 + number % 2) if number % 3 else None,
        )
    rows = rows_of(signed_in(officer), f"{ADDRESS}?limit=2{f'&sort={sort}' if sort else ''}")
    assert len(rows) == len({row["ref"] for row in rows}) == 7
    values = [row[sort.removeprefix("-")] for row in rows] if sort and "name" not in sort else []
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=sort.startswith("-"))
    assert all(value is None for value in values[len(known) :])


def test_a_record_written_meanwhile_neither_repeats_nor_hides_another(place, officer, signed_in):
    first, second, third = (make_organization(place.communities[0], f"{name}队") for name in "丁己乙")  # by pinyin
    client = signed_in(officer)
    page = client.get(f"{ADDRESS}?limit=1&sort=name").json()
    make_organization(place.communities[0], "阿队")
    SocialOrganization.objects.filter(pk=first.pk).delete()
    rest = rows_of(client, page["next"])
    assert [row["ref"] for row in rest] == [second.ref, third.ref]


def test_a_cursor_of_another_address_is_refused(filled, officer, signed_in):
    client = signed_in(officer)
    following = client.get(f"{ADDRESS}?limit=1").json()["next"]
    assert client.get(f"{following}&active=yes").status_code == 400
    assert client.get(following.replace("organizations", "facilities")).status_code == 400


def test_a_town_is_asked_for_by_its_code_alone(filled, officer, clerk, signed_in):
    make_organization(filled.other_communities[0], "西街的队")
    names = [row["name"] for row in rows_of(signed_in(officer), f"{ADDRESS}?town={filled.other_street.code}")]
    assert names == ["西街的队"]
    assert [row["name"] for row in rows_of(signed_in(clerk), f"{ADDRESS}?town={filled.other_street.code}")] == names
    elsewhere = filled.villages[0].town.code
    assert signed_in(clerk).get(f"{ADDRESS}?town={elsewhere}").status_code == 400  # as one that does not exist


def test_only_the_fields_that_are_wanted(filled, clerk, signed_in):
    [row] = rows_of(signed_in(clerk), f"{ADDRESS}?fields=ref,name")
    assert set(row) == {"ref", "name"}


def test_what_has_not_changed_is_not_sent_again(filled, clerk, signed_in):
    client = signed_in(clerk)
    etag = client.get(ADDRESS)["ETag"]
    assert client.get(ADDRESS, headers={"If-None-Match": etag}).status_code == 304
    make_organization(filled.communities[0], "新队")
    assert client.get(ADDRESS, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("organizations", 6),
        ("workers", 6),
        ("facilities", 5),
        ("points", 6),
        ("communities", 8),
        ("projects", 13),
        ("work_items", 7),
        ("trainings", 6),
        ("training_records", 6),
        ("documents", 6),
    ],
)
def test_queries_do_not_grow_with_the_rows(name, most, filled, clerk, signed_in):
    client = signed_in(clerk)
    client.get(f"/api/v1/{name}/")
    few = len(queries_of(lambda: client.get(f"/api/v1/{name}/")))
    for number in range(5):
        make_organization(filled.communities[0], f"又{number}队")
        make_hours(make_worker(filled.communities[0], f"演示又{number}"), make_training(filled.county))
        make_facility(filled.communities[0], f"又{number}站")
        make_point(filled.communities[0], f"又{number}点")
        make_project(filled.county, filled.communities[0], name=f"又{number}")
        make_work_item(filled.county, f"又{number}")
        make_document(filled.communities[0])
    assert len(queries_of(lambda: client.get(f"/api/v1/{name}/"))) == few <= most


def test_more_calls_than_a_program_needs_are_asked_to_wait(filled, clerk, signed_in, settings):
    settings.REQUESTS_PER_MINUTE = {**settings.REQUESTS_PER_MINUTE, "calls": 3}
    client = signed_in(clerk)
    statuses = [client.get(ADDRESS).status_code for _ in range(8)]
    assert statuses[:3] == [200] * 3
    assert 429 in statuses  # counted by minutes of the clock
    refused = client.get(ADDRESS)
    assert refused.status_code == 200 or refused["Retry-After"] == "60"
