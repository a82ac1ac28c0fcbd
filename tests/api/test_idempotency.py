"""Tests of writes that are sent again with the same key: one answer, written once."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from changelog.models import ChangeSet
from changzhi_portal.api.writing import RecordWrites
from changzhi_portal.models import CallAnswer
from orgs.models import SocialOrganization
from socialworkers.models import SocialWorker
from tests.api.writing import NEW, bulk, patch, post
from tests.connections.clients import make_token, program
from tests.factories import make_organization
from tests.threads import run_in_threads

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
BODY = NEW["organizations"]


@pytest.mark.django_db
def test_the_same_call_gets_the_same_answer_and_writes_once(place, period, clerk, signed_in):
    client = signed_in(clerk)
    first = post(client, "organizations", BODY, **{"Idempotency-Key": f'"{KEY}"'})
    again = post(client, "organizations", dict(reversed(BODY.items())), **{"Idempotency-Key": KEY})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert (SocialOrganization.objects.count(), ChangeSet.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_a_batch_is_written_once_too(place, period, clerk, signed_in):
    client = signed_in(clerk)
    answers = [bulk(client, "organizations", [BODY], mode="each", key=KEY) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert SocialOrganization.objects.count() == 1


@pytest.mark.django_db
def test_the_key_of_another_call_is_refused_and_that_of_another_user_is_another_key(
    place, period, clerk, officer, signed_in
):
    client = signed_in(clerk)
    assert post(client, "organizations", BODY, **{"Idempotency-Key": KEY}).status_code == 201
    other = post(client, "organizations", BODY | {"note": "新"}, **{"Idempotency-Key": KEY})
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert bulk(client, "organizations", [BODY], key=KEY).status_code == 422
    made = post(signed_in(officer), "organizations", BODY | {"name": "天地玄黄队"}, **{"Idempotency-Key": KEY})
    assert made.status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", " ", "钥匙".encode().decode("latin-1"), "a b", "x" * 256, '""'])
def test_what_is_no_key_is_refused(key, place, clerk, signed_in):
    answer = post(signed_in(clerk), "organizations", BODY, **{"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key")


@pytest.mark.django_db
def test_what_was_refused_wrote_nothing_and_frees_its_key(place, period, clerk, signed_in):
    client = signed_in(clerk)
    wrong = post(client, "organizations", BODY | {"category": "shops"}, **{"Idempotency-Key": KEY})
    assert wrong.status_code == 422
    assert not CallAnswer.objects.exists()
    assert post(client, "organizations", BODY, **{"Idempotency-Key": KEY}).status_code == 201


@pytest.mark.django_db
def test_a_call_that_is_being_carried_out_is_not_begun_again_until_it_must_be_lost(place, period, clerk, signed_in):
    client = signed_in(clerk)
    post(client, "organizations", BODY, **{"Idempotency-Key": KEY})
    SocialOrganization.objects.all().delete()
    CallAnswer.objects.update(status=None, body="", headers={})
    busy = post(client, "organizations", BODY, **{"Idempotency-Key": KEY})
    assert (busy.status_code, busy.json()["code"], busy["Retry-After"]) == (409, "key_in_use", "5")
    CallAnswer.objects.update(claimed_at=timezone.now() - datetime.timedelta(minutes=5))
    assert post(client, "organizations", BODY, **{"Idempotency-Key": KEY}).status_code == 201
    assert SocialOrganization.objects.count() == 1


@pytest.mark.django_db
def test_a_crash_before_the_answer_is_stored_leaves_nothing(place, period, clerk, signed_in, monkeypatch):
    client = signed_in(clerk)
    with monkeypatch.context() as patched:
        patched.setattr(RecordWrites, "answer_with", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            post(client, "organizations", BODY, **{"Idempotency-Key": KEY})
    assert not SocialOrganization.objects.exists() and not ChangeSet.objects.exists()
    assert post(client, "organizations", BODY, **{"Idempotency-Key": KEY}).status_code == 201


@pytest.mark.django_db
def test_an_answer_is_kept_for_a_day_without_numbers(place, period, clerk, signed_in):
    client = signed_in(clerk)
    post(client, "workers", NEW["workers"], **{"Idempotency-Key": KEY})
    stored = CallAnswer.objects.get()
    assert NEW["workers"]["id_number"] not in f"{stored.body}{stored.fingerprint}{stored.headers}"
    CallAnswer.objects.update(claimed_at=timezone.now() - datetime.timedelta(hours=25))
    again = post(client, "workers", NEW["workers"], **{"Idempotency-Key": KEY})
    assert again.status_code == 422  # the person is there already
    assert SocialWorker.objects.count() == 1


@pytest.mark.django_db
def test_a_program_that_may_read_numbers_gets_masks_of_what_it_writes(place, period):
    client = program(make_token(place.county))  # with all scopes
    first = post(client, "workers", NEW["workers"], **{"Idempotency-Key": KEY})
    assert first.status_code == 201, first.content.decode()
    number = NEW["workers"]["id_number"]
    assert number in client.get(first["Location"]).content.decode()
    again = post(client, "workers", NEW["workers"], **{"Idempotency-Key": KEY})
    assert again["Idempotency-Replayed"] == "true"
    assert number not in f"{first.content.decode()}{again.content.decode()}{CallAnswer.objects.get().body}"
    seen = client.get(first["Location"])
    back = patch(client, "workers", first.json()["ref"], seen.json(), seen["ETag"])
    assert (back.status_code, back.json()["version"]) == (200, 1)


# --- At the same time ---


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_writes_to_one_record_exactly_one_wins_each_version(place, period, clerk, signed_in):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one write after the other")
    record = make_organization(place.communities[0])
    clients = [signed_in(clerk) for _ in range(10)]
    won: list[tuple[int, str]] = []
    statuses: list[int] = []

    def work(number: int) -> None:
        for turn in range(6):
            seen = clients[number].get(f"/api/v1/organizations/{record.ref}/")
            note = f"第{number}个第{turn}次"
            answer = patch(clients[number], "organizations", record.ref, {"note": note}, seen["ETag"])
            statuses.append(answer.status_code)
            if answer.status_code == 200:
                won.append((answer.json()["version"], note))

    run_in_threads(*[lambda number=number: work(number) for number in range(10)])
    assert set(statuses) <= {200, 412}
    versions = sorted(version for version, _ in won)
    assert versions == list(range(2, len(won) + 2))
    record.refresh_from_db()
    assert (record.version, record.note) == max(won)
    assert ChangeSet.objects.count() == len(won)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_same_call_many_times_at_once_writes_once(place, period, clerk, signed_in):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one write after the other")
    clients = [signed_in(clerk) for _ in range(8)]
    answers: list[Any] = []
    run_in_threads(
        *[
            lambda client=client: answers.append(post(client, "organizations", BODY, **{"Idempotency-Key": KEY}))
            for client in clients
        ]
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["ref"] for answer in answers if answer.status_code == 201}) == 1
    assert SocialOrganization.objects.count() == 1
