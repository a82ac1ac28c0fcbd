"""Tests of who gets in with a token, and of every way in which one fails."""

from __future__ import annotations

import pytest

from changelog.models import TrailRecord
from tests.connections.clients import make_token, program
from tests.factories import make_organization, make_worker
from tests.queries import queries_of

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/organizations/"


def test_probe(place):
    make_organization(place.communities[0])
    make_worker(place.communities[0])
    issued = make_token(place.county)
    answer = program(issued).get(ADDRESS)
    assert answer.status_code == 200, answer.content.decode()
    answer = program(issued).get("/api/v1/workers/")
    print(answer.json())
    for record in TrailRecord.objects.all():
        print(record.kind, record.made_by, record.object_label, record.detail, record.reason)
    print(queries_of(lambda: program(issued).get(ADDRESS)))
    assert 0
