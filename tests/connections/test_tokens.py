"""Tests of who gets in with a token, and of every way in which one fails."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from changelog.models import TrailKind, TrailRecord
from communities.models import Division
from connections.actions import IssuedToken, revoke_client, revoke_token
from connections.limits import REFUSED, WRONG
from connections.models import ApiToken
from connections.token_text import digest_of
from tests.connections.clients import administrator_of, make_client, make_token, program
from tests.factories import Place, make_organization
from tests.queries import queries_of, writes_of
from tests.threads import run_in_threads

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/organizations/"
UNAUTHORIZED = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


def refusals() -> list[TrailRecord]:
    return list(TrailRecord.objects.filter(kind=TrailKind.REFUSED).order_by("pk"))


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


# --- Right tokens ---


def test_a_program_reads_with_a_token_of_which_only_a_digest_is_stored(place):
    make_organization(place.communities[0])
    issued = make_token(place.county)
    assert len(program(issued).get(ADDRESS).json()["results"]) == 1
    stored = ApiToken.objects.values().get()
    assert stored["digest"] == digest_of(issued.text)
    secret = issued.text.split("_", 2)[2]
    assert secret not in str(stored) + str(list(TrailRecord.objects.values())) + repr(issued)


def test_the_trail_names_system_and_token_of_every_call(place):
    organization = make_organization(place.communities[0])
    issued = make_token(place.county, "registers:read")
    client = program(issued)
    client.get(f"{ADDRESS}?active=yes")
    client.get(f"{ADDRESS}{organization.ref}/")
    client.get("/api/v1/results/")
    found = TrailRecord.objects.filter(made_by=issued.token.client.user).order_by("pk")
    assert [(record.kind, record.rows) for record in found if record.kind != TrailKind.VIEWED] == [
        (TrailKind.CALLED, 1),
        (TrailKind.CALLED, 1),
        (TrailKind.REFUSED, None),
    ]
    assert {record.detail["token"] for record in found if record.kind != TrailKind.VIEWED} == {issued.token.public}
    assert "令牌" in str(issued.token._meta.verbose_name)


def test_what_gives_out_no_rows_is_a_call_too(place):
    issued = make_token(place.county)
    assert program(issued).get("/api/v1/openapi.json").status_code == 200
    record = TrailRecord.objects.get(kind=TrailKind.CALLED)
    assert (record.made_by, record.object_label) == (issued.token.client.user, "/api/v1/openapi.json")
    assert record.detail == {"method": "GET", "status": 200, "token": issued.token.public}


def test_a_call_takes_one_query_for_the_token_and_notes_its_use_once_a_minute(place):
    make_organization(place.communities[0])
    issued = make_token(place.county, "registers:read")
    client = program(issued)
    client.get(ADDRESS)
    used = ApiToken.objects.get()
    assert used.last_used_from == "127.0.0.1"
    queries = queries_of(lambda: client.get(ADDRESS))
    assert len(queries) == 6, "token with client, user and division; position; closed divisions; keys; records; trail"
    assert all("changelog_trailrecord" in sql for sql in writes_of(queries))


def test_a_session_beside_a_token_is_not_used_and_not_renewed(place, officer, signed_in):
    make_organization(place.villages[0])
    client = signed_in(officer)
    token = {"Authorization": f"Bearer {make_token(place.county, 'registers:read').text}"}
    answer = client.get(ADDRESS, headers=token)
    assert answer.json()["results"] == []
    assert not answer.cookies
    assert client.get(ADDRESS, headers={"Authorization": "bearer wrong"}).status_code == 401
    page = client.get("/uploads/", headers=token)
    assert page.context["user"] == officer, "pages take no token, and sessions as ever"
    assert program(token["Authorization"].partition(" ")[2]).get("/uploads/").status_code == 302
    assert len(client.get(ADDRESS).json()["results"]) == 1, "the session goes on"


def test_a_session_still_needs_a_token_of_its_form(place, clerk):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(clerk)
    assert browser.post(ADDRESS, {}, content_type="application/json").json()["code"] == "not_allowed"
    with_token = program(make_token(place.county)).post(ADDRESS, {}, content_type="application/json")
    assert with_token.status_code != 403


# --- Tokens that do not hold ---


def expire(issued: IssuedToken) -> None:
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    ApiToken.objects.filter(pk=issued.token.pk).update(expires_on=yesterday, begins_on=yesterday)


def revoke(issued: IssuedToken) -> None:
    client = issued.token.client
    revoke_token(by=administrator_of(client.division), client_ref=client.ref, ref=issued.token.ref)


def shut_out(issued: IssuedToken) -> None:
    client = issued.token.client
    revoke_client(by=administrator_of(client.division), ref=client.ref, version=client.version, reason="项目结束")


def close_division(issued: IssuedToken) -> None:
    Division.objects.filter(pk=issued.token.client.user.division_id).update(valid_to=timezone.localdate())


def move_away(issued: IssuedToken) -> None:
    ApiToken.objects.filter(pk=issued.token.pk).update(addresses="10.1.2.0/24 2001:db8::/32")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (expire, "token_expired"),
        (revoke, "token_revoked"),
        (shut_out, "client_revoked"),
        (close_division, "division_closed"),
        (move_away, "address_not_allowed"),
    ],
)
def test_a_right_token_that_does_not_hold_any_more_is_told_why(spoil: Callable[[IssuedToken], None], code, place):
    issued = make_token(place.county)
    client = program(issued)
    assert client.get(ADDRESS).status_code == 200
    spoil(issued)
    for address in (ADDRESS, f"{ADDRESS}none/", "/api/v1/openapi.json", "/api/v1/nothing/"):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"] == UNAUTHORIZED["WWW-Authenticate"]
        assert not answer.json().get("results")
    refused = refusals()[0]
    assert (refused.made_by, refused.object_label) == (issued.token.client.user, ADDRESS)
    assert refused.detail == {"method": "GET", "status": 401, "why": code, "token": issued.token.public}


def test_a_wrong_token_is_told_nothing_else(place):
    issued = make_token(place.county)
    expire(issued)
    other = make_token(place.county)
    secret = other.text.split("_", 2)[2]
    wrong = [
        f"{issued.token.public}_{secret}",  # of a token that there is
        f"cz_{'a' * 13}_{secret}",
        other.text[:-1],
        other.text + "x",
        other.text.upper(),
        other.token.digest,
        f"cz_{'a' * 13}_\0",
        "x" * 5_000,
        "令牌".encode().decode("latin-1"),
        "",
    ]
    answers = [program(text).get(ADDRESS) for text in wrong]
    assert {(answer.status_code, answer["WWW-Authenticate"]) for answer in answers} == {
        (401, UNAUTHORIZED["WWW-Authenticate"])
    }
    assert len({answer.content for answer in answers}) == 1
    assert {(record.made_by, record.username) for record in refusals()} == {(None, "")}
    assert [record.detail["token"] for record in refusals()[:3]] == [issued.token.public, f"cz_{'a' * 13}", ""]
    assert secret not in str(list(TrailRecord.objects.values()))


@pytest.mark.parametrize("header", ["Token {}", "Basic {}", "{}", ""])
def test_another_scheme_is_no_token(header, place):
    text = header.format(make_token(place.county).text)
    answer = Client(headers={"Authorization": text} if text else {}).get(ADDRESS)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("addresses", "address", "is_allowed"),
    [
        ("", "203.0.113.9", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.4", False),
        ("10.1.2.0/24, 10.9.0.0/16", "10.9.255.1", True),
        ("10.1.2.0/24", "::ffff:10.1.2.9", True),
        ("2001:db8::/32", "2001:db8:1::5", True),
        ("2001:db8::/32", "10.1.2.3", False),
        ("10.1.2.0/24", "", False),
    ],
)
def test_a_token_is_used_from_its_addresses_alone(addresses, address, is_allowed, place):
    issued = make_token(place.county, "registers:read", addresses=addresses)
    # No address of the connection, as at the socket behind nginx.
    origin = {"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": f"10.1.2.3, {address}"}
    answer = program(issued).get(ADDRESS, **origin)
    assert answer.status_code == (200 if is_allowed else 401)


def test_the_last_day_of_a_token_is_one_on_which_it_holds(place):
    assert program(make_token(place.county, days=0)).get(ADDRESS).status_code == 200


# --- Too many calls ---


def test_wrong_tokens_are_limited_by_address_and_hold_up_no_right_one(place, monkeypatch):
    issued = make_token(place.county)
    wrong = program(f"cz_{'a' * 13}_{'b' * 43}")
    statuses = [wrong.get(ADDRESS).status_code for _ in range(WRONG.capacity + 3)]
    assert statuses == [401] * WRONG.capacity + [429] * 3
    assert len(refusals()) == WRONG.capacity, "a flood does not fill the trail"
    assert wrong.get(ADDRESS)["Retry-After"] == "60"
    assert program(issued).get(ADDRESS).status_code == 200
    assert wrong.get(ADDRESS, REMOTE_ADDR="10.1.2.3").status_code == 401


def test_a_program_that_goes_on_with_a_token_that_is_over_does_not_fill_the_trail(place):
    issued = make_token(place.county)
    expire(issued)
    statuses = [program(issued).get(ADDRESS).status_code for _ in range(REFUSED.capacity + 2)]
    assert statuses == [401] * REFUSED.capacity + [429] * 2
    assert len(refusals()) == REFUSED.capacity
    assert program(make_token(place.county)).get(ADDRESS).status_code == 200


def statuses_of(client: Any, number: int) -> list[int]:
    return [client.get("/api/v1/openapi.json" if each == 0 else ADDRESS).status_code for each in range(number)]


def test_calls_are_counted_by_token_and_not_with_those_of_people(place, clerk, signed_in, settings, monkeypatch):
    monkeypatch.setattr("changzhi_portal.request_limits.time.time", lambda: 1_800_000_000.0)  # one minute of the clock
    settings.REQUESTS_PER_MINUTE = {**settings.REQUESTS_PER_MINUTE, "calls": 1, "token_calls": 3}
    client = make_client(place.county)
    first, second = (program(make_token(client)) for _ in range(2))
    assert statuses_of(first, 5) == [200] * 3 + [429] * 2
    refused = first.get(ADDRESS)
    assert (refused.json()["code"], refused["Retry-After"]) == ("too_often", "60")
    assert statuses_of(second, 3) == [200] * 3
    assert [signed_in(clerk).get(ADDRESS).status_code for _ in range(2)] == [200, 429]


def test_a_client_moves_to_the_successor_of_its_division(place: Place):
    issued = make_token(place.county, "registers:read")
    issued.token.client.user.division = place.other_county
    issued.token.client.user.save()
    close_division(make_token(place.street))
    assert program(issued).get(ADDRESS).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_token_that_is_revoked_while_programs_call_opens_nothing_from_then_on(place):
    make_organization(place.communities[0])
    issued = make_token(place.county, "registers:read")
    called: list[tuple[float, int]] = []
    revoked_at: list[float] = []
    is_over = threading.Event()

    def call() -> None:
        client = program(issued)
        while not is_over.is_set():
            began = time.monotonic()
            called.append((began, client.get(ADDRESS).status_code))

    def revoke_meanwhile() -> None:
        try:
            wait_until(lambda: len(called) > 10)
            revoke(issued)
            revoked_at.append(time.monotonic())
            wait_until(lambda: sum(began > revoked_at[0] for began, _ in called) > 10)
        finally:
            is_over.set()

    run_in_threads(call, call, revoke_meanwhile)
    [revoked] = revoked_at
    assert 200 in {status for began, status in called if began < revoked}
    assert {status for began, status in called if began > revoked} <= {401, 429}
