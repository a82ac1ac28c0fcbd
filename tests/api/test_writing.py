"""Tests of writing one record by the API: a row of the register, checked, logged and answered as everywhere."""

from __future__ import annotations

import datetime
import random
from collections import Counter
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from changelog.models import ChangeRecord, ChangeSet, TrailRecord
from changelog.trail import TrailKind
from changzhi_portal.registers.registry import register_named, registers
from orgs.models import SocialOrganization
from periods.models import ReportingPeriod
from socialworkers.models import Posting, SocialWorker
from tests.api.writing import HERE, NEW, patch, post, prepare, send
from tests.changelog.editing import CASES, Case
from tests.factories import credit_code, make_facility, make_organization, make_profile, make_project, make_worker
from tests.queries import queries_of

pytestmark = pytest.mark.django_db
NAMES = [register.name for register in registers()]
ADDRESS = "/api/v1/organizations/"


def read(client: Client, register: str, ref: str) -> Any:
    """Return the answer to reading a record."""
    return client.get(f"/api/v1/{register}/{ref}/")


@pytest.mark.parametrize("name", sorted(NEW))
def test_a_record_is_added_and_answered_as_it_is_read(name, place, period, clerk, signed_in):
    client = signed_in(clerk)
    prepare(name, place)
    answer = post(client, name, NEW[name])
    assert answer.status_code == 201, answer.content.decode()
    again = client.get(answer["Location"])
    assert again.json() == answer.json()
    assert again["ETag"] == answer["ETag"]
    assert not again["ETag"].startswith("W/")
    given = {field: value for field, value in NEW[name].items() if "*" not in str(answer.json()[field])}
    assert {field: answer.json()[field] for field in given if field not in HERE} == {
        field: value for field, value in given.items() if field not in HERE
    }
    change_set = ChangeSet.objects.get()
    assert (change_set.made_by, change_set.summary.startswith("接口新增")) == (clerk, True)
    assert TrailRecord.objects.get(kind=TrailKind.CHANGED).object_label == change_set.summary


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_was_read_can_be_sent_back_whole_and_changes_nothing(case: Case, place, period, clerk, signed_in):
    record = case.make(place)
    client = signed_in(clerk)
    answer = read(client, case.register, record.ref)
    back = patch(client, case.register, record.ref, answer.json(), answer["ETag"])
    assert back.status_code == 200, back.content.decode()
    assert back.json() == answer.json()
    assert back["ETag"] == answer["ETag"]
    assert not ChangeSet.objects.exists()


def test_a_field_that_is_not_sent_stays_and_null_empties(place, period, clerk, signed_in):
    record = make_organization(place.communities[0], leader="张演示", note="旧", phone="19900001111")
    client = signed_in(clerk)
    etag = read(client, "organizations", record.ref)["ETag"]
    answer = patch(client, "organizations", record.ref, {"leader": None, "member_count": 12}, etag)
    assert answer.status_code == 200, answer.content.decode()
    record.refresh_from_db()
    assert (record.leader, record.note, record.member_count, record.version) == ("", "旧", 12, 2)
    assert record.phone.reveal() == "19900001111"
    assert answer["ETag"] != etag
    assert ChangeSet.objects.get().summary == f"接口修改社会组织：{record.name}"
    assert ChangeRecord.objects.get().after == {"leader": "", "member_count": 12}


def test_a_place_is_changed_by_its_name_or_by_its_code(place, period, clerk, signed_in):
    there = place.communities[1]
    client = signed_in(clerk)
    for body in ({"community_name": there.name}, {"community_code": there.code}):
        record = make_organization(place.communities[0], f"演示{len(str(body))}队")
        seen = read(client, "organizations", record.ref)
        answer = patch(client, "organizations", record.ref, seen.json() | body, seen["ETag"])
        assert answer.status_code == 200, answer.content.decode()
        record.refresh_from_db()
        assert record.community == there


def test_a_later_first_day_adds_a_posting_unless_it_corrects(place, period, clerk, signed_in):
    client = signed_in(clerk)
    for corrects, number in ((False, 2), (True, 1)):
        worker = make_worker(place.communities[0], f"演示{number}", posting={"position": "网格员"})
        etag = read(client, "workers", worker.ref)["ETag"]
        body = {"started_on": "2018-05-01", "corrects": corrects}
        answer = patch(client, "workers", worker.ref, body, etag)
        assert answer.status_code == 200, answer.content.decode()
        postings = Posting.objects.filter(worker=worker).order_by("started_on")
        assert [posting.position for posting in postings] == ["网格员"] * number
        assert answer.json()["started_on"] == "2018-05-01"


def test_personal_numbers_come_back_as_masks_that_change_nothing(place, period, clerk, signed_in):
    client = signed_in(clerk)
    added = post(client, "workers", NEW["workers"])
    mask = added.json()["id_number"]
    assert "*" in mask and NEW["workers"]["id_number"] not in added.content.decode()
    answer = patch(client, "workers", added.json()["ref"], {"id_number": mask, "note": "新"}, added["ETag"])
    assert answer.status_code == 200
    assert SocialWorker.objects.get().id_number.reveal() == NEW["workers"]["id_number"]


# --- What cannot be ---


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"name": ["合唱团"]}, "name", "wrong_type"),
        ({"name": 5}, "name", "wrong_type"),
        ({"is_social_work_agency": "yes"}, "is_social_work_agency", "wrong_type"),
        ({"is_social_work_agency": 1}, "is_social_work_agency", "wrong_type"),
        ({"member_count": "12"}, "member_count", "wrong_type"),
        ({"member_count": 1.5}, "member_count", "wrong_type"),
        ({"member_count": True}, "member_count", "wrong_type"),
        ({"established_on": 20150302}, "established_on", "wrong_type"),
        ({"ref": "abcdefghijklm"}, "ref", "read_only"),
        ({"ref": None}, "ref", "read_only"),
        ({"corrects": True}, "corrects", "unknown_field"),
        ({"version": 3}, "version", "read_only"),
        ({"confirm_warnings": "yes"}, "confirm_warnings", "wrong_type"),
        ({"locked_reason": None}, "locked_reason", "wrong_type"),
    ],
)
def test_what_a_body_cannot_say_is_refused_by_name(body, field, code, place, period, clerk, signed_in):
    answer = post(signed_in(clerk), "organizations", NEW["organizations"] | body)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, code)]
    assert not SocialOrganization.objects.exists()


ODD: list[Any] = [
    None, True, 0, -1, 10**29, 1.5, 1e300, "", " ", "无", "清空", "不改", "1***2", "是", "2018-06-01", "2018年6月", "-0", "1e9", "NaN",
    "=1+1", "'", "%s", "{}", "長" * 6_000, "\u202e", "\ufeff", "😀", "\r\n\t", "140402199003070017", "0" * 400, "1/0", [], [""],
    ["party"], [None], {}, {"a": 1}, ["、"],
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_value_of_any_field_is_a_fault(name, place, period, clerk, signed_in, settings):
    settings.REQUESTS_PER_MINUTE = {**settings.REQUESTS_PER_MINUTE, "calls": 100_000}
    client, generator = signed_in(clerk), random.Random(name)
    case = next(each for each in CASES if each.register == name)
    case.prepare(place)
    record = case.make(place)
    fields = [column.field for column in register_named(name).columns if column.field != "ref"]
    statuses = Counter()
    # Each field once with something odd, and the record as it should be.
    chosen = [*({field: generator.choice(ODD)} for field in fields), {}]
    for change in chosen:
        record.refresh_from_db()
        answers = [
            patch(client, name, record.ref, change | {"confirm_warnings": True}, f'"{record.ref}.{record.version}"')
        ]
        if name in NEW:
            answers.append(post(client, name, NEW[name] | change))
        for answer in answers:
            assert answer.status_code in {200, 201, 400, 409, 422}, (change, answer.content.decode())
            assert answer.status_code < 400 or answer.json()["code"]
            statuses[answer.status_code] += 1
    assert len(statuses) > 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("", 400),
        ("[]", 400),
        ("null", 400),
        ('{"name": NaN}', 400),
        ('{"member_count": -Infinity}', 400),
        ('{"name": "甲", "name": "乙"}', 400),
        ('{"name": "\\u0000"}', 400),
        ('{"name": "\\ud800"}', 400),
        ('{"member_count": 1' + "0" * 5000 + "}", 400),
        (b'{"name": "\xff"}', 400),
        ("[" * 5000, 413),
        ('{"a":' * 5000 + "1" + "}" * 5000, 413),
        ('{"name": "' + "长" * 2_000_000 + '"}', 413),
    ],
)
def test_what_is_no_body_is_refused(body, status, place, clerk, signed_in):
    answer = send(signed_in(clerk), "POST", ADDRESS, body)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["detail"] != answer.json()["detail_en"]


def test_only_json_is_taken(place, clerk, signed_in):
    answer = signed_in(clerk).post(ADDRESS, NEW["organizations"])
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_what_the_row_check_refuses_is_listed_by_field(place, period, clerk, signed_in):
    body = {**NEW["organizations"], "category": "shops", "established_on": "2999-01-01", "name": None}
    answer = post(signed_in(clerk), "organizations", body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid")
    assert {each["field"]: each["code"] for each in problem["errors"]} == {
        "category": "bad_choice",
        "established_on": "future_date",
        "name": "required",
    }
    assert not SocialOrganization.objects.exists()


def test_a_place_of_another_county_is_none(place, period, clerk, signed_in):
    theirs = place.villages[0]
    answer = post(
        signed_in(clerk),
        "organizations",
        {**NEW["organizations"], "county": None, "town": None, "community_name": None, "community_code": theirs.code},
    )
    assert answer.status_code == 422
    assert {each["code"] for each in answer.json()["errors"]} <= {"unknown_place", "out_of_scope"}
    assert theirs.name not in answer.content.decode()


def test_a_record_of_another_county_is_not_found(place, period, clerk, signed_in):
    theirs = make_organization(place.villages[0])
    answer = patch(signed_in(clerk), "organizations", theirs.ref, {"note": "新"}, f'"{theirs.ref}.1"')
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_number_of_another_county_is_said_to_be_taken_without_saying_whose(place, period, clerk, signed_in):
    make_organization(place.villages[0], "他县合唱团", credit_code=credit_code(8), registration="registered")
    body = {**NEW["organizations"], "credit_code": credit_code(8)}
    answer = post(signed_in(clerk), "organizations", body)
    assert answer.status_code == 422
    assert "他县合唱团" not in answer.content.decode()


def test_warnings_are_asked_about_once(place, period, clerk, signed_in):
    make_organization(place.communities[0], "演示合唱队")
    client = signed_in(clerk)
    asked = post(client, "organizations", NEW["organizations"])
    problem = asked.json()
    assert (asked.status_code, problem["code"]) == (409, "warnings")
    assert [each["code"] for each in problem["warnings"]] == ["similar_name"]
    assert SocialOrganization.objects.count() == 1
    assert post(client, "organizations", {**NEW["organizations"], "confirm_warnings": True}).status_code == 201


def test_figures_of_a_locked_month_need_a_reason_of_the_bureau(place, period, clerk, officer, signed_in):
    community = place.communities[0]
    make_profile(community, residents=3_000)
    locked = {"state": ReportingPeriod.State.LOCKED, "locked_at": timezone.now(), "locked_by": officer}
    ReportingPeriod.objects.filter(pk=period.pk).update(**locked)
    body = {"residents": 3_100, "as_of": period.as_of.isoformat(), "confirm_warnings": True}
    etag = f'"{community.ref}.{community.version}"'
    refused = patch(signed_in(clerk), "communities", community.ref, body, etag)
    assert (refused.status_code, refused.json()["code"]) == (409, "locked_period")
    own = patch(signed_in(clerk), "communities", community.ref, body | {"locked_reason": "更正"}, etag)
    assert own.status_code == 403
    done = patch(signed_in(officer), "communities", community.ref, body | {"locked_reason": "更正"}, etag)
    assert done.status_code == 200, done.content.decode()
    assert "修改已锁定月份：更正" in ChangeSet.objects.get().summary


# --- Preconditions ---


def test_a_change_says_what_it_has_seen(place, period, clerk, signed_in):
    record = make_organization(place.communities[0])
    client = signed_in(clerk)
    without = send(client, "PATCH", f"{ADDRESS}{record.ref}/", {"note": "新"})
    assert (without.status_code, without.json()["code"]) == (428, "precondition_missing")
    assert patch(client, "organizations", record.ref, {"note": "新"}, "*").status_code == 428
    seen = read(client, "organizations", record.ref)["ETag"]
    for etag in (seen, f"W/{seen}".replace(".1.", ".2."), f'"{record.ref}.3"'):
        record.refresh_from_db()
        answer = patch(client, "organizations", record.ref, {"note": f"第{record.version}版"}, etag)
        assert answer.status_code == 200
    stale = patch(client, "organizations", record.ref, {"note": "旧"}, seen)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert stale["ETag"] == read(client, "organizations", record.ref)["ETag"]
    for other in ('"other.4"', '"x"', f'"{record.ref}.99999999999999999999"'):
        assert patch(client, "organizations", record.ref, {"note": "旧"}, other).status_code == 412
    # What is no ETag is not taken for one of an older version.
    for nonsense in ("x", f"{record.ref}.{record.version}", f'"{record.ref}', f'"{record.ref}.四"', '"a" "b"'):
        answer = patch(client, "organizations", record.ref, {"note": "旧"}, nonsense)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "If-Match")


def test_reading_answers_a_precondition_with_a_problem(place, period, clerk, signed_in):
    record = make_organization(place.communities[0])
    client = signed_in(clerk)
    seen = read(client, "organizations", record.ref)
    address = f"{ADDRESS}{record.ref}/"
    assert client.get(address, headers={"If-None-Match": seen["ETag"]}).status_code == 304
    assert client.get(address, headers={"If-Match": seen["ETag"]}).status_code == 200
    failed = client.get(address, headers={"If-Match": '"other"'})
    assert (failed.status_code, failed["Content-Type"]) == (412, "application/problem+json")
    assert (failed.json()["code"], failed["ETag"]) == ("precondition_failed", seen["ETag"])


def test_a_name_that_changes_without_the_record_changes_its_etag(place, period, clerk, signed_in):
    record = make_organization(place.communities[0])
    client = signed_in(clerk)
    before = read(client, "organizations", record.ref)["ETag"]
    place.communities[0].name = "新和平社区居委会"
    place.communities[0].save()
    answer = client.get(f"{ADDRESS}{record.ref}/", headers={"If-None-Match": before})
    assert answer.status_code == 200
    assert patch(client, "organizations", record.ref, {"note": "新"}, before).status_code == 200


# --- Who and where ---


def test_every_register_that_gets_new_records_is_tried_here():
    assert {register.name for register in registers() if register.may_be_added} == set(NEW)


@pytest.mark.parametrize("name", NAMES)
def test_visitors_write_nothing(name, place):
    ref = "abcdefghijklm"
    for method, address in (("PATCH", f"{ref}/"), ("POST", "bulk/"), *([("POST", "")] if name in NEW else [])):
        answer = send(Client(), method, f"/api/v1/{name}/{address}", {})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_role_that_only_reads_writes_nothing(place, period, leader, auditor, signed_in):
    for user in (leader, auditor):
        assert post(signed_in(user), "organizations", NEW["organizations"]).status_code == 403


def test_a_write_of_a_session_needs_the_token_of_a_form(place, period, clerk):
    client = Client(enforce_csrf_checks=True)
    client.force_login(clerk)
    assert post(client, "organizations", NEW["organizations"]).status_code == 403
    assert not SocialOrganization.objects.exists()


def test_what_an_address_does_not_take(place, period, clerk, signed_in):
    client = signed_in(clerk)
    record = make_organization(place.communities[0])
    assert post(client, "communities", {"name": "新社区"}).status_code == 405
    for method, address in (
        ("DELETE", f"{ADDRESS}{record.ref}/"),
        ("PUT", f"{ADDRESS}{record.ref}/"),
        ("PATCH", ADDRESS),
    ):
        answer = send(client, method, address, {})
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert send(client, "POST", f"{ADDRESS}?fields=name", NEW["organizations"]).status_code == 400


def test_the_place_of_a_community_changes_with_the_divisions_alone(place, period, clerk, signed_in):
    community = place.communities[0]
    client = signed_in(clerk)
    etag = read(client, "communities", community.ref)["ETag"]
    answer = patch(client, "communities", community.ref, {"community_name": "别的社区"}, etag)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "read_only")


def test_a_record_that_left_the_sheet_is_not_changed(place, period, clerk, signed_in):
    record = make_facility(place.communities[0])
    place.communities[0].closed_on = datetime.date(2018, 1, 1)
    place.communities[0].save()
    client = signed_in(clerk)
    seen = read(client, "facilities", record.ref)
    assert seen.status_code == 200
    answer = patch(client, "facilities", record.ref, {"note": "新"}, seen["ETag"])
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_place")


@pytest.mark.parametrize(
    ("name", "most_added", "most_changed"),
    [
        ("communities", 0, 56),
        ("facilities", 44, 48),
        ("organizations", 53, 52),
        ("workers", 52, 55),
        ("projects", 68, 76),
    ],
)
def test_a_write_takes_few_queries(name, most_added, most_changed, place, period, clerk, signed_in):
    client = signed_in(clerk)
    record = next(case for case in CASES if case.register == name).make(place)
    make_project(place.other_county)
    read(client, name, record.ref)
    changed = queries_of(
        lambda: patch(client, name, record.ref, {"note": "新"}, f'"{record.ref}.{record.version}"').json()["note"]
    )
    assert len(changed) <= most_changed
    if name in NEW:
        added = queries_of(lambda: post(client, name, NEW[name]).json()["ref"])
        assert len(added) <= most_added
    assert register_named(name).model.objects.get(pk=record.pk).version == 2


def test_a_list_is_no_longer_than_a_text(place, period, clerk, signed_in):
    """It was said again in the problem whatever its length; masking five megabytes of digits and dashes took a minute."""
    answer = post(signed_in(clerk), "facilities", NEW["facilities"] | {"functions": ["1-" * 3_000]})
    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [("functions", "too_long")]
    assert len(answer.content) < 1_000
