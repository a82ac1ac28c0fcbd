"""Fixtures of the tests of communities."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role, User
from periods.models import ReportingPeriod
from tests.factories import Place, make_user


@pytest.fixture
def admin(place):
    return make_user(Role.BUREAU_ADMIN, place.city, "bureau")


@pytest.fixture
def entering(place: Place, street_clerk: User, period: ReportingPeriod, client: Client) -> Client:
    """Sign the street's clerk in for the month in hand."""
    client.force_login(street_clerk)
    return client
