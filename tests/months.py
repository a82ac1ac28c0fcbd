"""Fixtures of months for tests of targets, revisions, submissions and reports: one that is due, one that is locked."""

import datetime

import pytest

from communities.models import CommunityProfile
from periods.models import ReportingPeriod
from submissions.actions import lock_period
from tests.factories import make_facility, make_organization, make_worker
from tests.revisions.edits import Office
from tests.submissions.reporting import make_due, settle


@pytest.fixture
def office(administrator):
    return Office(administrator)


@pytest.fixture
def facts(place):
    """Create records such that every county has reported every register."""
    for community in (*place.communities, *place.villages):
        make_facility(community, area=480)
        make_organization(community)
        make_worker(community, level="none")
    make_worker(place.street)
    make_organization(place.county, registration="registered", is_social_work_agency=True)
    for community, residents in zip(place.villages, (2_999, 3_000), strict=True):
        CommunityProfile.objects.create(community=community, as_of=datetime.date(2018, 5, 31), residents=residents)
    return place


@pytest.fixture
def locked(facts, period, administrator):
    lock_period(period=period, by=administrator)
    period.refresh_from_db()
    return period


@pytest.fixture
def due(place) -> ReportingPeriod:
    """Create June 2018, due in three days, without findings of the checks."""
    settle(place)
    return make_due()
