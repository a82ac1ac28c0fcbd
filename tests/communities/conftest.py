"""Fixtures of the tests of communities."""

from __future__ import annotations

import pytest

from accounts.models import Role
from tests.factories import make_user


@pytest.fixture
def admin(place):
    return make_user(Role.BUREAU_ADMIN, place.city, "bureau")
