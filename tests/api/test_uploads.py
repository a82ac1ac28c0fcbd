"""Tests of upload batches in the API: a file is sent, its check is read, and it is committed, undone or discarded."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from changelog.models import TrailKind, TrailRecord
from communities.models import Facility
from tests.api.test_registers import rows_of
from tests.api.writing import send
from tests.factories import id_number, make_batch
from tests.queries import queries_of
from tests.uploads.office import write_workbook
from uploads.models import UploadBatch
from uploads.tasks import check_batch, commit_batch, undo_batch

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/uploads/"
Upload = Callable[..., Any]


def row(place, name="演示综合服务中心", **more):
    return {
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道办事处",
        "社区名称": place.communities[0].name,
        "设施名称": name,
        "设施类型": "综合服务设施",
        "建筑面积（㎡）": "520",
        "启用日期": "2016-05-01",
        **more,
    }


@pytest.fixture
def upload(tmp_path) -> Upload:
    """Return a function that sends rows as a file, and has it checked unless told not to."""

    def sent(client: Client, rows: list[dict[str, Any]], **fields: str) -> Any:
        path = write_workbook(tmp_path / "演示数据.xlsx", rows)
        with path.open("rb") as file:
            answer = client.post(ADDRESS, {"file": file, **fields})
        for batch in answer.json().get("batches", []):
            check_batch(UploadBatch.objects.get(ref=batch["ref"]).pk)
        return answer

    return sent


def step(client: Client, batch: dict[str, Any], name: str, body: Any = None) -> Any:
    return send(client, "POST", f"{ADDRESS}{batch['ref']}/{name}/", {} if body is None else body)


def test_a_file_goes_all_the_way_and_back(place, period, clerk, signed_in, upload):
    client = signed_in(clerk)
    answer = upload(client, [row(place)], register="facilities", period="2018-06")
    assert answer.status_code == 201, answer.content.decode()
    [waiting] = answer.json()["batches"]
    assert (waiting["state"], waiting["period"], waiting["register"]) == ("queued", "2018-06", "facilities")
    batch = client.get(answer["Location"]).json()
    assert (batch["state"], batch["new"], batch["may_commit"]) == ("checked", 1, ["all"])
    assert not Facility.objects.exists()
    body = {"mode": "all", "seen": batch["check_mark"]}
    assert step(client, batch, "commit", body).json()["state"] == "commit_queued"
    again = step(client, batch, "commit", body)
    assert (again.status_code, again.json()["code"]) == (409, "stale")
    pk = UploadBatch.objects.get(ref=batch["ref"]).pk
    commit_batch(pk)
    assert Facility.objects.count() == 1
    assert step(client, batch, "undo").status_code == 202
    undo_batch(pk)
    assert client.get(answer["Location"]).json()["state"] == "undone"
    assert not Facility.objects.exists()


def test_problems_are_listed_by_row_with_numbers_masked(place, period, clerk, signed_in, upload):
    client = signed_in(clerk)
    rows = [row(place, f"第{number}中心", **{"建筑面积（㎡）": "很大", "备注": ""}) for number in range(3)]
    rows.append(row(place, "好的中心"))
    rows.append(row(place, "有号码的", 备注=id_number(5)))
    answer = upload(client, rows, register="facilities")
    batch = client.get(answer["Location"]).json()
    assert (batch["errors"], batch["may_commit"]) == (4, ["good"])
    listed = rows_of(client, f"{ADDRESS}{batch['ref']}/problems/?limit=2")
    assert [each["row"] for each in listed] == [2, 3, 4, 6]
    assert listed[0]["problems"][0]["code"] == "bad_number"
    assert (listed[0]["problems"][0]["cell"], listed[0]["problems"][0]["level"]) == ("F2", "error")
    assert id_number(5) not in str(listed)
    refused = step(client, batch, "commit", {"mode": "all", "seen": batch["check_mark"]})
    assert refused.status_code == 409
    outdated = step(client, batch, "commit", {"mode": "good", "seen": "2018-01-01"})
    assert outdated.status_code == 409
    discarded = step(client, batch, "discard")
    assert (discarded.status_code, discarded.json()["state"]) == (200, "discarded")
    assert step(client, batch, "discard").status_code == 409


def test_what_only_a_person_can_say_is_said_with_the_page(place, period, clerk, signed_in, upload):
    client = signed_in(clerk)
    rows = [{"甲": "1", "乙": "2", "丙": "3"}]
    batch = client.get(upload(client, rows)["Location"]).json()
    assert (batch["state"], batch["needs_person"]) == ("rejected", "register")
    answer = step(client, batch, "commit", {"mode": "all", "seen": batch["check_mark"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "needs_person")
    assert batch["page"] in answer.json()["detail"]
    assert client.get(batch["page"]).status_code == 200


def _bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b" " * 2_000_000)
    return packed.getvalue()


@pytest.mark.parametrize(("name", "content"), [("演示.pdf", b"%PDF-1.4 "), ("演示.xlsx", b"PK\x03\x04junk")])
def test_a_file_that_cannot_be_read_is_a_batch_that_says_so(name, content, place, period, clerk, signed_in):
    client = signed_in(clerk)
    answer = client.post(ADDRESS, {"file": SimpleUploadedFile(name, content), "register": "facilities"})
    check_batch(UploadBatch.objects.get().pk)
    batch = client.get(answer["Location"]).json()
    assert (batch["state"], batch["may_commit"], len(batch["problems"])) == ("rejected", [], 1)
    assert batch["problems"][0]["code"] in {"unsupported_format", "unreadable_file"}


def test_a_file_that_would_unpack_without_end_is_refused_as_on_the_page(place, period, clerk, signed_in, settings):
    settings.UPLOAD_MAX_INFLATED_BYTES = 1_000_000
    client = signed_in(clerk)
    answer = client.post(ADDRESS, {"file": SimpleUploadedFile("演示.xlsx", _bomb()), "register": "facilities"})
    check_batch(UploadBatch.objects.get().pk)
    assert client.get(answer["Location"]).json()["problems"][0]["code"] == "too_large"


def test_a_file_that_is_too_large_is_not_received(place, period, clerk, signed_in, settings):
    settings.UPLOAD_MAX_BYTES = 10
    large, small = SimpleUploadedFile("大.csv", b"x" * 100), SimpleUploadedFile("小.csv", b"x")
    client = signed_in(clerk)
    only = client.post(ADDRESS, {"file": large})
    assert (only.status_code, only["Content-Type"]) == (422, "application/problem+json")
    large.seek(0)
    both = client.post(ADDRESS, {"file": [large, small]})
    assert (both.status_code, [each["code"] for each in both.json()["refused"]]) == (201, ["too_large"])
    settings.UPLOAD_MAX_REQUEST_BYTES = 10
    whole = client.post(ADDRESS, {"file": SimpleUploadedFile("小.csv", b"x")})
    assert (whole.status_code, whole.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({}, 422, "file"),
        ({"file": "text"}, 422, "file"),
        ({"colour": "red"}, 400, "colour"),
        ({"register": ["facilities", "workers"]}, 400, "register"),
        ({"register": "shops", "file": None}, 422, "register"),
        ({"period": "2018-13"}, 422, "period"),
        ({"period": "2035-01"}, 422, "period"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_name(fields, status, field, place, period, clerk, signed_in):
    sent = {name: SimpleUploadedFile("演示.csv", b"x") if value is None else value for name, value in fields.items()}
    answer = signed_in(clerk).post(ADDRESS, sent)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)
    assert not UploadBatch.objects.exists()


def test_only_a_form_with_files_is_taken(place, clerk, signed_in):
    answer = send(signed_in(clerk), "POST", ADDRESS, {"register": "facilities"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_batches_of_another_county_do_not_exist(place, period, clerk, other_clerk, officer, leader, signed_in):
    theirs = make_batch(other_clerk)
    client = signed_in(clerk)
    for answer in (
        client.get(f"{ADDRESS}{theirs.ref}/"),
        client.get(f"{ADDRESS}{theirs.ref}/problems/"),
        step(client, {"ref": theirs.ref}, "discard"),
        step(client, {"ref": theirs.ref}, "commit", {"mode": "all", "seen": ""}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert rows_of(client, ADDRESS) == []
    [row] = rows_of(signed_in(officer), f"{ADDRESS}?county={place.other_county.code}")
    assert row["ref"] == theirs.ref
    assert rows_of(signed_in(officer), f"{ADDRESS}?period=2018-06&register=facilities") == []
    assert signed_in(officer).get(f"{ADDRESS}?period=2018-6").status_code == 400
    assert signed_in(leader).get(ADDRESS).status_code == 403


def test_who_only_looks_sends_nothing(place, period, clerk, auditor, signed_in, upload):
    batch = make_batch(clerk)
    client = signed_in(auditor)
    assert upload(client, [row(place)]).status_code == 403
    assert client.get(f"{ADDRESS}{batch.ref}/").status_code == 200
    assert step(client, {"ref": batch.ref}, "discard").status_code == 403


def test_what_a_step_cannot_say_is_refused_by_name(place, period, clerk, signed_in):
    batch = {"ref": make_batch(clerk).ref}
    client = signed_in(clerk)
    assert step(client, batch, "discard", {"why": "x"}).json()["errors"][0]["field"] == "why"
    assert step(client, batch, "undo", []).status_code == 400
    assert {each["field"] for each in step(client, batch, "commit", {}).json()["errors"]} == {"mode", "seen"}
    assert step(client, batch, "commit", {"mode": "some", "seen": ""}).json()["errors"][0]["field"] == "mode"
    assert client.get(f"{ADDRESS}{batch['ref']}/commit/").status_code == 405


def test_queries_do_not_grow_with_batches_and_rows(place, period, clerk, signed_in, upload):
    client = signed_in(clerk)
    bad = {"建筑面积（㎡）": "很大"}
    address = upload(client, [row(place, f"{n}", **bad) for n in range(3)], register="facilities")["Location"]
    few = [len(queries_of(lambda at=at: client.get(at))) for at in (ADDRESS, address, f"{address}problems/")]
    address = upload(client, [row(place, f"又{n}", **bad) for n in range(30)], register="facilities")["Location"]
    many = [len(queries_of(lambda at=at: client.get(at))) for at in (ADDRESS, address, f"{address}problems/")]
    assert few == many
    assert many == [4, 3, 5]


def test_too_many_files_are_refused_by_a_problem_document(place, clerk, signed_in, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    files = [SimpleUploadedFile(f"{number}.xlsx", b"x") for number in range(3)]
    answer = signed_in(clerk).post(ADDRESS, {"file": files})
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    assert answer.json()["code"] == "too_large"


def test_a_batch_that_was_read_stands_in_the_trail_also_with_a_session(place, clerk, signed_in):
    signed_in(clerk).get(f"{ADDRESS}{make_batch(clerk).ref}/")
    record = TrailRecord.objects.get(kind=TrailKind.CALLED)
    assert (record.made_by, record.rows, record.detail["register"]) == (clerk, 1, "uploads")


def test_a_town_may_name_the_county_that_it_lies_in(place, street_clerk, signed_in):
    batch = make_batch(street_clerk)
    rows = signed_in(street_clerk).get(f"/api/v1/uploads/?county={place.county.code}").json()["results"]
    assert [row["ref"] for row in rows] == [batch.ref]
    assert signed_in(street_clerk).get(f"/api/v1/uploads/?county={place.other_county.code}").status_code == 400
