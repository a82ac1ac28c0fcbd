"""Tests of writing with a token: in the name of its system, within its area and scopes, whatever it may read."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from changelog.models import ChangeSet, TrailKind, TrailRecord
from connections.scopes import in_order
from orgs.models import SocialOrganization
from socialworkers.models import SocialWorker
from tests.connections.clients import ALL, make_token, program
from tests.factories import make_organization, make_worker
from uploads.models import UploadBatch

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
JSON = "application/json"


@pytest.mark.parametrize("scopes", [("registers:read", "registers:write"), ALL])
def test_a_record_is_changed_in_the_name_of_the_system_and_the_answer_is_masked(scopes, place):
    worker = make_worker(place.communities[0], phone="19900001234")
    issued = make_token(place.county, *scopes)
    client, address = program(issued), f"/api/v1/workers/{worker.ref}/"
    seen = client.get(address)
    changed = client.patch(address, {"note": "接口写的"}, content_type=JSON, headers={"If-Match": seen["ETag"]})
    assert changed.status_code == 200, changed.content.decode()
    assert "*" in changed.json()["id_number"], "what is written is kept for a repeated call, and so never in clear"
    assert SocialWorker.objects.get().note == "接口写的"
    change_set = ChangeSet.objects.order_by("-pk")[0:1].get()
    assert (change_set.made_by, change_set.division) == (issued.token.client.user, place.county)
    seen = client.get(address)
    whole = client.patch(address, seen.json(), content_type=JSON, headers={"If-Match": seen["ETag"]})
    assert whole.status_code == 200, "what was read may be sent back whole"
    assert SocialWorker.objects.get().id_number == worker.id_number
    recorded = TrailRecord.objects.filter(kind=TrailKind.CALLED, object_label=address)
    assert [record.detail["method"] for record in recorded] == ["PATCH", "PATCH"]
    assert {record.detail["token"] for record in recorded} == {issued.token.public}


def test_a_system_writes_nothing_outside_its_area(place):
    theirs = make_organization(place.villages[0])
    address = f"/api/v1/organizations/{theirs.ref}/"
    etag = program(make_token(place.city)).get(address)["ETag"]
    own = program(make_token(place.county))
    answer = own.patch(address, {"note": "甲"}, content_type=JSON, headers={"If-Match": etag})
    assert answer.status_code == 404
    assert SocialOrganization.objects.get().note == ""


def test_files_are_sent_with_the_scope_for_it(place):
    def send(*scopes: str) -> int:
        file = SimpleUploadedFile("设施.csv", "设施名称,社区\n演示,和平社区\n".encode())
        data = {"file": file, "register": "facilities"}
        status: int = program(make_token(place.county, *scopes)).post("/api/v1/uploads/", data).status_code
        return status

    others = in_order(set(ALL) - {"uploads:write"})
    assert send(*others) == 403
    assert not UploadBatch.objects.exists()
    assert send("uploads:read", "uploads:write") == 201
    assert UploadBatch.objects.get().division == place.county
