"""What pages have computed is kept apart from the sessions, and not over a release."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.core.management import call_command

from changzhi_portal.kept import keep, kept, look_up


@pytest.mark.django_db
def test_a_new_release_finds_nothing_kept_and_every_session():
    keep("figure", 5)
    cache.set("session", 1)
    assert kept("figure", lambda: 6) == 5
    call_command("migrate", verbosity=0)
    assert look_up("figure") is None
    assert cache.get("session") == 1
