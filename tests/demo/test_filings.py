"""Tests of the demo's filings: one granted, one that waits, one returned, and a resumed run adds none."""

from __future__ import annotations

import pytest

from accounts.models import Role
from demo.accounts import STREET
from demo.filings import file_organizations
from orgs.models import Filing, SocialOrganization
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_a_street_has_a_filing_in_each_state_of_work(place):
    street = make_user(Role.STREET_CLERK, place.street, STREET.username)
    for _ in range(2):
        file_organizations()
    filings = Filing.objects.order_by("pk")
    assert [filing.state for filing in filings] == ["filed", "submitted", "returned"]
    assert set(filings.visible_to(street)) == set(filings)
    assert all("演示" in filing.name for filing in filings)
    organization = SocialOrganization.objects.get()
    assert organization == filings[0].organization and organization.filing_number.startswith("140402001-BA-")
