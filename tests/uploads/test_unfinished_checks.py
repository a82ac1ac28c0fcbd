"""Tests of a check that is not finished: nothing is committed until the change that it was about has been checked."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from changzhi_portal.jobs import LEASE, MAX_ATTEMPTS
from changzhi_portal.refusals import NotAllowedError, NotFoundError, StaleError
from communities.models import Facility
from notices.models import Notice
from tests.factories import Place, make_batch, make_facility, make_period
from tests.uploads.office import Send
from tests.uploads.test_finishing_later import (
    BAD,
    commit,
    correct,
    half_written,
    leave_out,
    outcomes,
    page_of,
    row,
    sent,
    undo,
)
from uploads import actions
from uploads.actions import change_batch, check
from uploads.jobs import CHECK
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db
State = UploadBatch.State
SignedIn = Callable[[User], Client]
REFUSAL = "上次核对没有完成，请先重新核对。"


@pytest.fixture
def half(send: Send, clerk: User) -> UploadBatch:
    return half_written(send, clerk)


@contextmanager
def checks_fail(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fail(*_: Any) -> None:
        raise RuntimeError("演示故障")

    with monkeypatch.context() as broken:
        broken.setattr(check, "compare_rows", fail)
        yield


def give_up(batch: UploadBatch) -> UploadBatch:
    """End the check of a batch as if its workers had died too often."""
    old = timezone.now() - LEASE * 2
    UploadBatch.objects.filter(pk=batch.pk).update(state=State.CHECKING, attempts=MAX_ATTEMPTS, heartbeat_at=old)
    CHECK.put_back()
    return UploadBatch.objects.get(pk=batch.pk)


def check_again(batch: UploadBatch, by: User) -> UploadBatch:
    actions.check_again(batch=batch, by=by)
    actions.check_queued_batch(batch.pk)
    return UploadBatch.objects.get(pk=batch.pk)


def refuses_to_commit(batch: UploadBatch, by: User) -> bool:
    for mode in ("all", "good"):
        with pytest.raises(StaleError, match=REFUSAL):
            actions.request_commit(batch=batch, mode=mode, by=by, seen=batch.check_mark)
    return not (batch.can_commit_all or batch.can_commit_good)


# --- A rest whose check fails ---


def test_what_was_corrected_last_is_what_is_written(
    half: UploadBatch, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = correct(half, clerk, 2, "520")
    with checks_fail(monkeypatch):
        batch = correct(batch, clerk, 2, "530")
    assert (batch.state, batch.state_label) == (State.CHECKED, "要重新核对")
    assert refuses_to_commit(batch, clerk) and Facility.objects.count() == 2
    batch = check_again(batch, clerk)
    assert (batch.state_label, batch.rest["new"]) == ("补入库待确认", 1)
    batch = commit(batch, clerk, "good")
    assert (batch.state, str(Facility.objects.get(name="乙").area)) == (State.COMMITTED, "530.00")


def test_the_counters_are_those_of_the_rows_when_a_row_is_left_out_and_the_check_fails(
    half: UploadBatch, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = correct(correct(half, clerk, 2), clerk, 4)
    with checks_fail(monkeypatch):
        batch = leave_out(batch, clerk, 4)
    assert outcomes(batch) == ["new", "new", "new", "left_out"] and (batch.rest["new"], batch.left_out) == (1, 1)
    assert refuses_to_commit(batch, clerk)
    batch = commit(check_again(batch, clerk), clerk)
    assert outcomes(batch).count("new") == batch.new == Facility.objects.count() == 3


def test_the_counters_are_those_of_the_rows_when_a_row_is_taken_back_and_the_check_fails(
    half: UploadBatch, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = leave_out(leave_out(half, clerk, 2), clerk, 4)
    with checks_fail(monkeypatch):
        actions.take_row_back(batch=batch, position=2, by=clerk)
    batch.refresh_from_db()
    assert outcomes(batch) == ["new", "error", "new", "left_out"] and (batch.errors, batch.left_out) == (1, 1)
    batch = check_again(batch, clerk)
    assert (batch.state, batch.errors, batch.needs_check) == (State.COMMITTED, 1, False)
    assert batch.staged_rows.get(position=2).problems


def test_the_next_change_that_is_checked_heals_it_too(
    half: UploadBatch, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with checks_fail(monkeypatch):
        batch = correct(half, clerk, 2)
    assert refuses_to_commit(batch, clerk)
    batch = correct(batch, clerk, 4, "521")
    assert (batch.needs_check, batch.message, batch.rest["new"]) == (False, "", 2)
    assert commit(batch, clerk).new == 4


def test_a_check_that_is_given_up_is_repeated(half: UploadBatch, clerk: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_batch, "MOST_ROWS_AT_ONCE", 1)
    batch = give_up(correct(half, clerk, 2))
    assert refuses_to_commit(batch, clerk)
    assert Notice.objects.newest_first()[0].title == "服务设施余下的行没有核对完，请重新核对"
    assert check_again(batch, clerk).rest["new"] == 1


def test_a_check_that_fails_instead_of_the_commit_is_repeated(
    half: UploadBatch, clerk: User, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has changed since the preview is checked again by the commit itself."""
    batch = correct(correct(half, clerk, 2), clerk, 4)
    make_facility(place.communities[0], "乙", area="300")
    with checks_fail(monkeypatch):
        batch = commit(batch, clerk)
    assert (batch.state, batch.needs_check) == (State.CHECKED, True) and refuses_to_commit(batch, clerk)
    batch = check_again(batch, clerk)
    assert (batch.rest["new"], batch.rest["changed"], batch.message) == (1, 1, "")


def test_the_reason_for_a_locked_month_counts_as_a_change(
    half: UploadBatch, clerk: User, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = correct(half, clerk, 2)
    actions.alter_locked_months(batch=batch, reason="补录", by=officer)
    with checks_fail(monkeypatch):
        actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.state == State.CHECKED and refuses_to_commit(batch, officer)


def test_the_rest_can_be_dropped_or_undone_without_another_check(
    send: Send, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for end in (lambda batch: actions.drop_rest(batch=batch, by=clerk), lambda batch: undo(batch, clerk)):
        batch = sent(send, clerk, [row("甲"), row("乙", **BAD), row("丁", **BAD)], commit="good")
        with checks_fail(monkeypatch):
            batch = correct(batch, clerk, 2)
        end(batch)
        batch.refresh_from_db()
        assert (batch.needs_check, batch.rest, batch.left_out) == (False, {}, 2)
        assert batch.state in {State.COMMITTED, State.UNDONE}
        Facility.objects.all().delete()


def test_a_corrected_row_that_was_equal_is_dropped_and_not_called_equal(
    half: UploadBatch, clerk: User, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_facility(place.communities[0], "乙", area="300", opened_on=datetime.date(2015, 5, 1))
    batch = correct(correct(half, clerk, 4), clerk, 2, "300")
    assert outcomes(batch)[1] == "unchanged"
    with checks_fail(monkeypatch):
        batch = correct(batch, clerk, 2, "530")
    actions.drop_rest(batch=batch, by=clerk)
    batch.refresh_from_db()
    assert outcomes(batch) == ["new", "left_out", "new", "left_out"]


def test_nothing_is_called_equal_to_the_register_before_it_is_checked(clerk: User) -> None:
    counts = {"state": "checked", "rows": 2, "unchanged": 2}
    batch = make_batch(clerk, needs_check=True, **counts)
    equal = make_batch(clerk, **counts)
    assert list(UploadBatch.objects.same_as_register()) == [equal] and not batch.is_same_as_register
    assert batch in UploadBatch.objects.open() and batch.waits_for_decision


# --- A batch that has written nothing ---


def test_a_file_whose_check_failed_is_checked_again_without_sending_it_again(
    send: Send, clerk: User, monkeypatch: pytest.MonkeyPatch, signed_in: SignedIn
) -> None:
    with checks_fail(monkeypatch):
        batch = sent(send, clerk, [row("甲"), row("乙", **BAD)])
    assert (batch.state, batch.can_be_rechecked) == (State.FAILED, True)
    browser, address = signed_in(clerk), reverse("uploads:recheck", args=[batch.ref])
    page = page_of(browser, batch)
    assert "不用再传文件" in page and page.count(address) == 1
    assert browser.post(address).url == reverse("uploads:batch", args=[batch.ref])
    actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.new, batch.errors) == (State.CHECKED, 1, 1)
    assert address not in page_of(browser, batch)
    browser.post(address)
    batch.refresh_from_db()
    assert batch.state == State.CHECKED, "it is checked already"


@pytest.mark.parametrize("end", ["fails", "is given up"])
def test_corrections_and_left_out_rows_survive_a_check_that_fails(
    end: str, send: Send, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = leave_out(sent(send, clerk, [row("甲"), row("乙", **BAD), row("丙")]), clerk, 3)
    if end == "fails":
        with checks_fail(monkeypatch):
            batch = correct(batch, clerk, 2)
    else:
        monkeypatch.setattr(change_batch, "MOST_ROWS_AT_ONCE", 1)
        batch = give_up(correct(batch, clerk, 2))
    assert batch.state == State.FAILED
    with pytest.raises(StaleError):
        actions.request_commit(batch=batch, mode="good", by=clerk)
    batch = commit(check_again(batch, clerk), clerk)
    assert (batch.state, outcomes(batch)) == (State.COMMITTED, ["new", "new", "left_out"])
    assert str(Facility.objects.get(name="乙").area) == "520.00"


def test_another_month_is_checked_before_it_is_committed(
    send: Send, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sent(send, clerk, [row("甲")])
    month = make_period("2018-07")
    actions.change_month(batch=batch, period=month, by=clerk)
    with checks_fail(monkeypatch):
        actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.needs_check) == (State.FAILED, True)
    assert check_again(batch, clerk).period == month


def test_a_file_that_was_not_recognised_for_an_error_of_ours_is_recognised(
    send: Send, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sent(send, clerk, [row("甲")])
    UploadBatch.objects.filter(pk=batch.pk).update(state="failed", register="", needs_reading=True, rows=0, new=0)
    batch = check_again(batch, clerk)
    assert (batch.state, batch.register, batch.new) == (State.CHECKED, "facilities", 1)


def test_a_file_that_is_purged_is_sent_again(clerk: User, signed_in: SignedIn) -> None:
    batch = make_batch(clerk, state="failed")
    assert not batch.can_be_rechecked
    assert reverse("uploads:recheck", args=[batch.ref]) not in page_of(signed_in(clerk), batch)
    with pytest.raises(NotFoundError, match="请重新上传"):
        actions.check_again(batch=batch, by=clerk)


# --- Who and where ---


def test_only_who_may_handle_it_has_it_checked_again(clerk: User, other_clerk: User) -> None:
    batch = make_batch(clerk, state="failed", needs_reading=False)
    with pytest.raises(NotAllowedError):
        actions.check_again(batch=batch, by=other_clerk)
    with pytest.raises(StaleError):
        actions.check_again(batch=make_batch(clerk, state="checked"), by=clerk)
    assert UploadBatch.objects.get(pk=batch.pk).state == State.FAILED


def test_the_page_of_a_rest_offers_one_button_and_says_what_the_list_shows(
    half: UploadBatch, clerk: User, monkeypatch: pytest.MonkeyPatch, signed_in: SignedIn
) -> None:
    with checks_fail(monkeypatch):
        batch = correct(correct(half, clerk, 4), clerk, 2)
    browser, address = signed_in(clerk), reverse("uploads:recheck", args=[batch.ref])
    page = page_of(browser, batch)
    assert page.count("btn-primary") == 1 and address in page and "下面的清单还是改动以前的" in page
    assert reverse("uploads:commit", args=[batch.ref]) not in page
    answer = browser.post(
        reverse("uploads:commit", args=[batch.ref]), {"mode": "good", "seen": batch.check_mark}, follow=True
    )
    assert REFUSAL in answer.content.decode()


@pytest.mark.parametrize("state", ["commit_queued", "committing", "committed", "undone"])
def test_the_database_refuses_to_commit_what_is_not_checked(state: str, clerk: User) -> None:
    now = timezone.now()
    rest = {"rest": {"rows": 1}} if state.startswith("commit") and state != "committed" else {}
    values = {"state": state, "committed_at": now, "heartbeat_at": now, **rest}
    make_batch(clerk, **values)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_batch(clerk, needs_check=True, **values)
