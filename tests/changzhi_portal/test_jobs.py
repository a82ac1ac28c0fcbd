"""Tests of jobs: one worker gets a claim, a dead worker's row is put back or given up, a lost claim writes nothing."""

from __future__ import annotations

import dataclasses
import datetime
import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, ProgrammingError, connection, transaction
from django.utils import timezone

from changzhi_portal import jobs
from changzhi_portal.jobs import LEASE, MAX_ATTEMPTS, REMIND_AFTER, Claim, ClaimLostError, JobKind, put_back_jobs
from changzhi_portal.refusals import InvalidError
from periods.models import ReportingPeriod
from reports.jobs import PRINT
from reports.models import Briefing
from targets.jobs import MEASURE
from targets.models import Computation, TargetPlan
from tests.factories import Place, make_period, make_place
from tests.threads import run_in_threads
from uploads.jobs import CHECK

State = Briefing.State
SECOND = datetime.timedelta(seconds=1)
pytestmark = pytest.mark.django_db
in_transactions = pytest.mark.django_db(transaction=True)


def make_queued(place: Place, period: ReportingPeriod, **values: Any) -> Briefing:
    return Briefing.objects.create(
        **PRINT.queued(),
        period=period,
        division=place.city,
        issue_number=6,
        total_number=8,
        issued_on=datetime.date(2018, 7, 1),
        **values,
    )


@pytest.fixture
def queued(place: Place, period: ReportingPeriod) -> Briefing:
    """Create a briefing that is queued for printing."""
    return make_queued(place, period)


def claimed(briefing: Briefing) -> Claim[Briefing]:
    claim = PRINT.claim(briefing.pk)
    assert claim is not None
    return claim


def silent_for(row: Any, age: datetime.timedelta, **values: Any) -> None:
    """Set the row's columns as if it had not been changed for `age`."""
    type(row).objects.filter(pk=row.pk).update(heartbeat_at=timezone.now() - age, **values)


def fresh(briefing: Briefing) -> Briefing:
    return Briefing.objects.get(pk=briefing.pk)


# --- Claiming ---


@in_transactions
def test_of_workers_that_claim_a_row_at_once_one_wins() -> None:
    briefing = make_queued(make_place(), make_period())
    together, claims = threading.Barrier(4), []

    def claim() -> None:
        together.wait()
        claims.append(PRINT.claim(briefing.pk))

    run_in_threads(claim, claim, claim, claim)
    (won,) = [claim for claim in claims if claim is not None]
    row = fresh(briefing)
    assert (row.state, row.claim_token, row.attempts) == (State.PRINTING, won.token, 1)


@in_transactions
def test_of_workers_that_create_a_row_at_once_one_has_it() -> None:
    make_place()
    period, plan = make_period(), TargetPlan.objects.current().first()
    together, claims = threading.Barrier(2), []

    def claim() -> None:
        together.wait()
        claims.append(MEASURE.claim_new(period=period, defaults={"plan": plan, "started_at": timezone.now()}))

    run_in_threads(claim, claim)
    assert [claim.token for claim in claims if claim is not None] == [Computation.objects.get().claim_token]


def test_only_a_waiting_row_is_claimed(queued: Briefing) -> None:
    for state in (State.PRINTING, State.FAILED):
        Briefing.objects.update(state=state, message="…")
        assert PRINT.claim(queued.pk) is None
    assert PRINT.claim(queued.pk + 1) is None


def test_a_row_is_claimed_among_those_that_the_caller_allows(queued: Briefing) -> None:
    assert PRINT.claim(queued.pk, among=Briefing.objects.filter(copies=0)) is None
    assert PRINT.claim(queued.pk, among=Briefing.objects.filter(copies=30), step="第一步") is not None
    assert fresh(queued).step == "第一步"


def test_what_the_caller_begins_itself_carries_a_claim(queued: Briefing) -> None:
    Briefing.objects.update(**PRINT.begun())
    claim = PRINT.claim_of(fresh(queued))
    claim.heartbeat(step="第二步")
    assert PRINT.claim(queued.pk) is None
    assert fresh(queued).step == "第二步"


def test_asking_anew_leaves_nothing_of_the_work_before(queued: Briefing) -> None:
    Briefing.objects.update(
        state=State.FAILED, message="缺字体。", step="正在保存", attempts=MAX_ATTEMPTS, claim_token="old"
    )
    Briefing.objects.update(**PRINT.queued())
    row = fresh(queued)
    assert (row.state, row.message, row.step, row.attempts, row.claim_token) == (State.QUEUED, "", "", 0, "")


# --- Ending the work ---


def test_a_claim_ends_with_a_state_and_its_values(queued: Briefing) -> None:
    claimed(queued).finish(State.PRINTED, step="a", printed_at=timezone.now())
    row = fresh(queued)
    assert (row.state, row.step) == (State.PRINTED, "a")


def test_an_ended_claim_writes_nothing_more(queued: Briefing) -> None:
    claim = claimed(queued)
    claim.fail("缺字体。")
    with pytest.raises(ClaimLostError):
        claim.finish(State.PRINTED)
    assert fresh(queued).state == State.FAILED


def test_a_claim_that_was_lost_to_another_worker_writes_nothing(queued: Briefing) -> None:
    lost = claimed(queued)
    silent_for(queued, LEASE + SECOND)
    assert PRINT.put_back() == 1
    new = claimed(queued)
    with pytest.raises(ClaimLostError):
        lost.heartbeat(step="太晚")
    with pytest.raises(ClaimLostError):
        lost.finish(State.PRINTED, printed_at=timezone.now())
    with pytest.raises(ClaimLostError), transaction.atomic():
        lost.hold()
    lost.fail("太晚")
    row = fresh(queued)
    assert (row.state, row.claim_token, row.step, row.printed_at) == (State.PRINTING, new.token, "", None)
    new.heartbeat()


def test_a_held_row_comes_as_it_is_now(queued: Briefing) -> None:
    claim = claimed(queued)
    Briefing.objects.update(copies=99)
    with transaction.atomic():
        assert claim.hold(Briefing.objects.select_related("period")).copies == 99


def test_why_work_failed_is_cut_to_its_column(queued: Briefing) -> None:
    claimed(queued).fail("字" * 600)
    assert fresh(queued).message == "字" * 500


def raising(error: Exception) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (InvalidError("缺字体。"), "缺字体。"),
        (KeyError("targets"), PRINT.broken),
        (IntegrityError("one row too many"), PRINT.broken),
    ],
    ids=["a refusal", "an error of ours", "a violated constraint"],
)
def test_an_error_ends_the_work_with_a_sentence(queued: Briefing, error: Exception, message: str) -> None:
    with pytest.raises(type(error)), claimed(queued).guard():
        raise error
    row = fresh(queued)
    assert (row.state, row.message) == (State.FAILED, message)


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError, ProgrammingError])
def test_a_database_that_cannot_answer_says_nothing_about_the_row(queued: Briefing, kind: type[Exception]) -> None:
    with pytest.raises(kind), claimed(queued).guard():
        raise kind("gone")
    assert fresh(queued).state == State.PRINTING


def test_a_lost_claim_is_no_error_of_whoever_lost_it(queued: Briefing) -> None:
    claim = claimed(queued)
    Briefing.objects.update(claim_token="another")
    with claim.guard():
        claim.heartbeat()
    assert fresh(queued).state == State.PRINTING


# --- Dead workers ---


def test_a_row_without_a_heartbeat_waits_again(queued: Briefing) -> None:
    claimed(queued).heartbeat(step="正在绘图和排版")
    silent_for(queued, LEASE - SECOND)
    assert PRINT.put_back() == 0
    silent_for(queued, LEASE + SECOND)
    assert PRINT.put_back() == 1
    row = fresh(queued)
    assert (row.state, row.claim_token, row.step, row.attempts) == (State.QUEUED, "", "", 1)
    assert PRINT.put_back() == 0


def test_a_heartbeat_keeps_the_row(queued: Briefing) -> None:
    claim = claimed(queued)
    silent_for(queued, LEASE + SECOND)
    claim.heartbeat()
    assert PRINT.put_back() == 0


def test_a_row_that_kills_its_workers_is_given_up_with_a_sentence(queued: Briefing) -> None:
    for attempt in range(1, MAX_ATTEMPTS + 1):
        claimed(queued)
        silent_for(queued, LEASE + SECOND)
        assert PRINT.put_back() == 1
        assert fresh(queued).state == (State.FAILED if attempt == MAX_ATTEMPTS else State.QUEUED)
    assert fresh(queued).message == PRINT.given_up
    assert PRINT.claim(queued.pk) is None


def test_work_that_is_never_given_up_can_be_taken_again(place: Place, period: ReportingPeriod) -> None:
    plan = TargetPlan.objects.current().first()
    claim = MEASURE.claim_new(period=period, defaults={"plan": plan, "started_at": timezone.now()})
    assert claim is not None
    computation = Computation.objects.get()
    assert MEASURE.claim(computation.pk) is None
    for _ in range(MAX_ATTEMPTS + 2):
        silent_for(computation, LEASE + SECOND)
        assert MEASURE.put_back() == 1
        assert Computation.objects.get().state == Computation.State.FAILED
        assert MEASURE.claim(computation.pk) is not None


@pytest.mark.postgresql
@in_transactions
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks no single rows: put_back waits for the writer")
def test_a_row_that_a_transaction_holds_is_not_put_back_however_long_it_takes() -> None:
    briefing = make_queued(make_place(), make_period())
    claim = claimed(briefing)
    silent_for(briefing, LEASE * 10)
    put_back: list[int] = []
    with transaction.atomic():
        claim.hold()
        run_in_threads(lambda: put_back.append(PRINT.put_back()))
    assert put_back == [0]
    assert PRINT.put_back() == 1


# --- Sending tasks ---


def test_the_queue_is_told_when_the_transaction_is_committed(
    queued: Briefing, django_capture_on_commit_callbacks: Any
) -> None:
    with patch.object(jobs, "enqueue") as enqueue:
        with django_capture_on_commit_callbacks(execute=True):
            PRINT.announce(queued.pk)
            enqueue.assert_not_called()
        enqueue.assert_called_once_with("reports.tasks.print_briefing", "reports", queued.pk, expires=None)


def test_a_row_whose_queue_cannot_be_told_says_so(queued: Briefing, django_capture_on_commit_callbacks: Any) -> None:
    kind = dataclasses.replace(PRINT, unreachable=CHECK.unreachable)
    with patch.object(jobs, "enqueue", return_value=False), django_capture_on_commit_callbacks(execute=True):
        kind.announce(queued.pk)
    row = fresh(queued)
    assert (row.state, row.message) == (State.QUEUED, CHECK.unreachable)


def test_a_claimed_row_no_longer_says_that_its_queue_is_unreachable(queued: Briefing) -> None:
    kind = dataclasses.replace(PRINT, unreachable=CHECK.unreachable)
    Briefing.objects.filter(pk=queued.pk).update(message=CHECK.unreachable)
    assert kind.claim(queued.pk) is not None
    assert fresh(queued).message == ""


def test_a_claim_leaves_other_sentences_on_the_row(queued: Briefing) -> None:
    kind = dataclasses.replace(PRINT, unreachable=CHECK.unreachable)
    Briefing.objects.filter(pk=queued.pk).update(message="上次生成失败")
    assert kind.claim(queued.pk) is not None
    assert fresh(queued).message == "上次生成失败"


def test_the_queue_is_reminded_of_a_row_that_has_waited_and_not_at_once_again(queued: Briefing) -> None:
    with patch.object(jobs, "enqueue", return_value=True) as enqueue:
        assert PRINT.send_due() == 0
        silent_for(queued, REMIND_AFTER + SECOND)
        assert PRINT.send_due() == 1
        assert PRINT.send_due() == 0
    enqueue.assert_called_once_with("reports.tasks.print_briefing", "reports", queued.pk, expires=60)
    assert fresh(queued).state == State.QUEUED


def test_a_reminder_that_could_not_be_sent_is_sent_later(queued: Briefing) -> None:
    silent_for(queued, REMIND_AFTER + SECOND)
    with patch.object(jobs, "enqueue", return_value=False):
        assert PRINT.send_due() == 0
    with patch.object(jobs, "enqueue", return_value=True):
        assert PRINT.send_due() == 1


def test_one_kind_that_fails_does_not_keep_the_others_from_being_put_back(queued: Briefing) -> None:
    def fail() -> list[int]:
        raise ZeroDivisionError

    failing: JobKind[Computation] = dataclasses.replace(MEASURE, find_due=fail)
    claimed(queued)
    silent_for(queued, LEASE + SECOND)
    with (
        patch.object(jobs, "job_kinds", return_value=(failing, PRINT)),
        patch.object(jobs, "enqueue", return_value=True) as enqueue,
    ):
        put_back_jobs()
    enqueue.assert_called_once()
    assert fresh(queued).state == State.QUEUED
