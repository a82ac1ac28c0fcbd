"""Tests of the demo's applications: one waits, one was returned, and a resumed run adds none."""

from __future__ import annotations

import pytest

from accounts.models import Role
from demo.applications import DEPARTMENT_CLERK, apply_for_items
from tests.factories import make_user
from workload.models import WorkItem

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_a_department_has_one_application_that_waits_and_one_that_was_returned(place, clerk):
    department = make_user(Role.DEPARTMENT_CLERK, place.county, DEPARTMENT_CLERK)
    for _ in range(2):
        apply_for_items()
    items = WorkItem.objects.order_by("pk")
    assert [item.state for item in items] == ["submitted", "returned"]
    assert set(items.visible_to(department)) == set(items) == set(items.visible_to(clerk))
    assert all("演示数据" in item.note for item in items)
    [returned] = items[1].steps.filter(move="return")
    assert (returned.made_by, returned.note.startswith("演示数据")) == (clerk, True)
