"""What becomes of people who are signed in when the disk is full."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache.backends.locmem import LocMemCache

from changzhi_portal.sessions import SessionStore


class FullDisk(LocMemCache):
    """A cache that keeps what it has and takes nothing."""

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
