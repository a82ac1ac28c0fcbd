"""Tests of sessions when the disk is full or Redis cannot be reached."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.sessions.backends.base import UpdateError
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changzhi_portal.sessions import SessionStore


class FullDisk(LocMemCache):
    """A cache that keeps its entries and refuses new ones."""

    def set(self, *_: Any, **__: Any) -> None:
        """Refuse."""
        raise OSError(28, "No space left on device")

    add = set


def test_a_full_disk_makes_no_error_page_of_every_page_and_keeps_nobody_signed_in_wrongly() -> None:
    session = SessionStore()
    session["who"] = "clerk"
    session.create()
    full = FullDisk("sessions", {})
    again = SessionStore(session.session_key)
    assert again["who"] == "clerk"
    LocMemCache.set(full, again.cache_key, dict(again.items()))
    again._cache = full
    again["seen"] = True
    again.save()
    new = SessionStore()
    new._cache = full
    with pytest.raises(OSError, match="space"):
        new.save(must_create=True)


@pytest.mark.django_db
def test_while_redis_is_away_pages_say_so_and_nobody_has_to_sign_in_again(
    client: Client, clerk: User, settings: LazySettings
) -> None:
    clerk.set_password("Lu-zhou-2018")
    clerk.save()
    client.force_login(clerk)
    home = reverse("home")
    there = settings.CACHES
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/1"}
    }
    away = client.get(home)
    assert away.status_code == 503
    assert "不必重新登录" in away.text
    assert not away.cookies
    assert client.get(home, headers={"HX-Request": "true"}).headers["Content-Type"].startswith("text/plain")
    signing_in = Client().post(reverse("accounts:login"), {"username": clerk.username, "password": "Lu-zhou-2018"})
    assert signing_in.status_code == 503
    settings.CACHES = there
    assert client.get(home).status_code == 200


def test_a_page_that_changes_nothing_renews_the_session_and_overwrites_nothing() -> None:
    session = SessionStore()
    session["who"] = "clerk"
    session.create()
    reading = SessionStore(session.session_key)
    assert reading["who"] == "clerk"
    writing = SessionStore(session.session_key)
    writing["seen"] = True
    writing.save()
    reading.save()
    assert SessionStore(session.session_key)["seen"]


def test_a_session_that_has_ended_is_not_renewed() -> None:
    session = SessionStore()
    session["who"] = "clerk"
    session.create()
    reading = SessionStore(session.session_key)
    assert reading["who"] == "clerk"
    session.delete()
    with pytest.raises(UpdateError):
        reading.save()
