"""Tests of what the API leaves in the trail: every page that was given out, and every person that was looked at."""

from __future__ import annotations

import pytest
from django.test import Client

from changelog.models import TrailRecord
from changelog.trail import TrailKind
from tests.factories import make_organization, make_worker

pytestmark = pytest.mark.django_db


def test_a_page_of_a_list_says_who_read_how_many_rows_of_what(place, clerk, signed_in):
    make_organization(place.communities[0])
    signed_in(clerk).get("/api/v1/organizations/?active=yes")
    record = TrailRecord.objects.get(kind=TrailKind.CALLED)
    assert (record.made_by, record.object_label, record.rows) == (clerk, "社会组织", 1)
    assert record.detail == {"register": "organizations", "query": {"active": "yes"}}


def test_a_single_person_counts_as_viewed(place, clerk, signed_in):
    worker = make_worker(place.communities[0])
    assert signed_in(clerk).get(f"/api/v1/workers/{worker.ref}/").status_code == 200
    assert TrailRecord.objects.get(kind=TrailKind.VIEWED).object_ref == worker.ref


def test_what_is_refused_is_recorded_and_a_wrong_parameter_is_not(place, clerk, other_clerk, signed_in):
    theirs = make_worker(place.communities[0])
    client = signed_in(other_clerk)
    client.get(f"/api/v1/workers/{theirs.ref}/")
    client.get("/api/v1/workers/?nonsense=1")
    assert [record.kind for record in TrailRecord.objects.all()] == [TrailKind.REFUSED]


def test_a_refused_write_is_recorded_under_the_name_of_who_tried(place, clerk):
    client = Client(enforce_csrf_checks=True)
    client.force_login(clerk)
    assert client.post("/api/v1/workers/", {}, content_type="application/json").status_code == 403
    assert TrailRecord.objects.get(kind=TrailKind.REFUSED).made_by == clerk


def test_a_number_with_a_slip_does_not_stand_in_the_trail(place, clerk, signed_in):
    assert signed_in(clerk).get("/api/v1/organizations/140402199003070018/").status_code == 404
    record = TrailRecord.objects.get()
    assert "140402199003070018" not in record.detail_json + record.object_label


@pytest.mark.parametrize(
    ("query", "rows"), [("made_from=0001-01-01", 1), ("made_to=9999-12-31", 1), ("made_from=9999-12-31", 0)]
)
def test_the_ends_of_the_calendar_are_days_too(query, rows, place, clerk, auditor, signed_in):
    signed_in(clerk).get("/api/v1/organizations/")
    answer = signed_in(auditor).get(f"/api/v1/trail/?kind=called&{query}")
    assert (answer.status_code, len(answer.json()["results"])) == (200, rows)
