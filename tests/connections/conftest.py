"""A small city with a record of each register in both counties, and who lets systems in."""

from __future__ import annotations

import pytest

from accounts.models import User
from targets.actions import compute_period
from tests.connections.clients import administrator_of
from tests.factories import Place, make_facility, make_organization, make_period, make_point, make_project, make_worker


@pytest.fixture
def administrator(place: Place) -> User:
    """市局管理员, who may see personal data in clear."""
    return administrator_of(place.city)


@pytest.fixture
def filled(place: Place) -> Place:
    """Return the small city with records of each register in both counties, and a computed month."""
    for community in (place.communities[0], place.other_communities[0], place.villages[0]):
        make_organization(community, f"{community.name}合唱队", phone="19900001234")
        make_worker(community, phone="19900001234")
        make_facility(community)
        make_point(community)
        make_project(community.town.parent, community)
    compute_period(make_period())
    return place
