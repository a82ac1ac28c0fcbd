"""Tests of `manage.py undo`: its output for operators and scripts, and its exit status."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from communities.models import Facility
from tests.communities.test_sheets import facility_row
from tests.uploads.office import Send

pytestmark = pytest.mark.django_db


def undone(capsys: pytest.CaptureFixture[str], batch: int, username: str) -> tuple[dict[str, Any], int]:
    """Return the output of `manage.py undo … --json`, and its exit status."""
    capsys.readouterr()
    status = 0
    try:
        call_command("undo", str(batch), as_=username, json=True)
    except CommandError as error:
        status = error.returncode
    printed = capsys.readouterr().out
    return (json.loads(printed) if printed else {}), status


def test_a_batch_is_taken_back_and_json_alone_is_printed(send: Send, clerk: User, capsys: Any) -> None:
    batch = send("facilities", clerk, [facility_row()], commit="all")["batch"]
    answer, status = undone(capsys, batch, clerk.username)
    assert status == 0
    assert answer == {"batch": batch, "state": "undone", "reversed": 1, "kept": 0, "failed": 0, "rows": []}
    assert not Facility.objects.exists()


def test_a_row_that_stays_is_named_with_the_reason_and_makes_the_exit_status_1(
    send: Send, clerk: User, capsys: Any
) -> None:
    batch = send("facilities", clerk, [facility_row()], commit="all")["batch"]
    send("facilities", clerk, [facility_row(**{"建筑面积（㎡）": "900"})], commit="all")
    answer, status = undone(capsys, batch, clerk.username)
    assert status == 1
    (row,) = answer["rows"]
    assert (answer["kept"], row["undo_outcome"]) == (1, "kept")
    assert str(clerk) in row["undo_note"]


def test_who_may_not_and_what_is_not_there_change_nothing_and_exit_with_3(
    send: Send, clerk: User, other_clerk: User, capsys: Any
) -> None:
    batch = send("facilities", clerk, [facility_row()], commit="all")["batch"]

    def refused(number: int, username: str) -> str:
        answer, status = undone(capsys, number, username)
        assert (list(answer), status) == (["error"], 3)
        return answer["error"]["code"]

    assert refused(batch, other_clerk.username) == "not_found", "outside the area as if it did not exist"
    assert refused(batch, "nobody") == "not_found"
    assert refused(batch + 1_000, clerk.username) == "not_found"
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    assert refused(batch, clerk.username) == "not_found"
    assert Facility.objects.exists()
