"""The life of a batch whose rest is being finished, when a check in the middle fails (written to break)."""
from __future__ import annotations

import pytest

from communities.models import Facility
from tests.uploads.office import send  # noqa: F401
from tests.uploads.test_finishing_later import BAD, State, commit, correct, half, leave_out, outcomes, row, sent  # noqa: F401
from uploads import actions
from uploads.actions import check

pytestmark = pytest.mark.django_db


@pytest.fixture
def failing(monkeypatch):
    """Return a function that lets the next check fail, as by an error of ours or workers that die."""

    def fail_once():
        real = check.compare_rows

        def broken(*args, **kwargs):
            monkeypatch.setattr(check, "compare_rows", real)
            raise RuntimeError("broken")

        monkeypatch.setattr(check, "compare_rows", broken)

    return fail_once


def test_left_out_and_check_fails_counters(half, clerk, failing):
    batch = correct(correct(half, clerk, 2), clerk, 4)
    assert (batch.state, batch.rest["new"]) == (State.CHECKED, 2)
    failing()
    batch = leave_out(batch, clerk, 4)
    assert batch.state == State.CHECKED
    batch = commit(batch, clerk)
    print(batch.state, batch.message, batch.new, batch.left_out, Facility.objects.count())
    assert outcomes(batch).count("new") == batch.new == Facility.objects.count()


def test_correction_and_check_fails_writes_the_old_value(half, clerk, failing):
    batch = correct(half, clerk, 2, "520")
    failing()
    batch = correct(batch, clerk, 2, "530")
    assert batch.state == State.CHECKED
    print(batch.message, batch.corrections)
    batch = commit(batch, clerk, "good", seen=batch.check_mark)
    assert batch.state == State.COMMITTED
    assert str(Facility.objects.get(name="乙").area) == "530.00", "the page lists 530 as corrected"


def test_taken_back_and_check_fails(half, clerk, failing):
    batch = leave_out(leave_out(half, clerk, 2), clerk, 4)
    failing()
    actions.take_row_back(batch=batch, position=2, by=clerk)
    batch.refresh_from_db()
    print(batch.state, batch.message, batch.rest, outcomes(batch), batch.staged_rows.get(position=2).problems)
    assert outcomes(batch)


def test_first_correction_and_check_fails_then_nothing_to_decide(half, clerk, failing):
    failing()
    batch = correct(half, clerk, 2, "520")
    print(batch.state, batch.message, batch.rest, outcomes(batch), batch.can_commit_good)
    # is there a way out: the same text again, drop, undo
    batch = correct(batch, clerk, 2, "520")
    print(batch.state, batch.message, batch.rest, outcomes(batch), batch.can_commit_good)
    assert batch.rest["new"] == 1
    batch = commit(batch, clerk, "good")
    assert Facility.objects.count() == 3


def test_dropped_and_taken_back_is_still_listed_as_left_out(half, clerk):
    actions.drop_rest(batch=half, by=clerk)
    half.refresh_from_db()
    for position in (2, 4):
        actions.take_row_back(batch=half, position=position, by=clerk)
        half.refresh_from_db()
    assert half.left_out == 0
    assert half.left_out_rows == [], "the page still says that the rest is not wanted"
