"""Signing in and out beside another writer."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import side_writes
from accounts.models import User
from changelog.models import TrailKind, TrailRecord
from changelog.trail import seal_waiting
from tests.factories import PASSWORD
from tests.faults.processes import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite has one writer at a time"),
]


@contextmanager
def somebody_writes() -> Iterator[sqlite3.Connection]:
    """Have another connection hold the database's only right to write."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_signing_in_does_not_wait_and_the_time_is_written_later(clerk: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_writes, "_PAUSE", 0.1)
    browser = Client()
    with somebody_writes():
        began = time.monotonic()
        answer = browser.post(reverse("accounts:login"), {"username": clerk.username, "password": PASSWORD})
        assert answer.status_code == 302 and time.monotonic() - began < 15
        assert browser.get(reverse("accounts:account")).status_code == 200

    def is_written() -> bool:
        clerk.refresh_from_db()
        return clerk.last_login is not None and clerk.sign_in_sessions.exists() and clerk.browsers.exists()

    wait_until(is_written, seconds=30, what="the time of the sign-in")
    seal_waiting()  # takes in what the trail has kept in a file
    assert [record.kind for record in TrailRecord.objects.all()] == [TrailKind.SIGNED_IN]


def test_signing_out_does_not_wait_and_ends_the_session(clerk: User) -> None:
    browser = Client()
    browser.force_login(clerk)
    with somebody_writes():
        began = time.monotonic()
        assert browser.post(reverse("accounts:logout")).status_code == 302
        assert time.monotonic() - began < 15
    assert browser.get(reverse("accounts:account")).status_code == 302


def test_while_nothing_can_be_counted_nobody_guesses(clerk: User) -> None:
    typed = {"username": clerk.username, "password": "wrong"}
    with somebody_writes():
        answers = [Client().post(reverse("accounts:login"), typed).status_code for _ in range(3)]
    assert answers == [422, 429, 429]
