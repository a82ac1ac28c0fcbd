"""Measuring a month: by command or page, or by the worker when it is due (`targets.jobs`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from changzhi_portal.figures import declared_figures
from changzhi_portal.jobs import Claim
from changzhi_portal.refusals import InvalidError, LockedError
from periods.models import ReportingPeriod
from targets.engine import measure_and_judge, refresh_and_judge
from targets.figures import declared_versions
from targets.jobs import MEASURE, MEASURE_EVERY, periods_to_measure
from targets.models import Computation, ConsumedChange, TargetPlan, unconsumed_changes

Outcome = TypeVar("Outcome")
_ATTEMPTS = 3
# SQLSTATEs of PostgreSQL that are worth another attempt. serialization_failure and unique_violation: another transaction
# has computed this month since our snapshot; deadlock_detected: an upload has locked communities that our rows refer to.
_RETRIED = frozenset({"40001", "23505", "40P01"})


def compute_period(period: ReportingPeriod) -> Computation:
    """Measure and judge a month as of its last day. Idempotent: the same facts give the same rows.

    One transaction over one snapshot of the registers: the change sets stored as consumed are those that the figures
    reflect, and a change committed meanwhile leaves the month stale. Raises LockedError for a locked month, InvalidError
    for one that has not begun, NotFoundError if no plan is in force; the old measures then stay, as after any failure.
    """
    return in_one_snapshot(lambda: compute_in_snapshot(lock_period_row(period)))


def in_one_snapshot(work: Callable[[], Outcome]) -> Outcome:
    """Call `work` in a transaction over one snapshot of the registers, and return its result.

    Tries again, _ATTEMPTS times in all, when a concurrent transaction makes the attempt fail.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with _one_snapshot():
                return work()
        except (OperationalError, IntegrityError) as error:
            if attempt == _ATTEMPTS or getattr(error.__cause__, "sqlstate", "") not in _RETRIED:
                raise
    raise AssertionError("The loop above returns or raises.")


def lock_period_row(period: ReportingPeriod) -> ReportingPeriod:
    """Lock the row of a month until the transaction ends and return it as it is now.

    Everything that computes, locks, reopens or reports a month takes this lock first.
    """
    return ReportingPeriod.objects.select_for_update(no_key=True).get(pk=period.pk)


def compute_in_snapshot(period: ReportingPeriod) -> Computation:
    """Compute a month as `compute_period` does. The caller must be inside `in_one_snapshot` and hold `lock_period_row`."""
    _refuse_unless_measurable(period)
    plan = TargetPlan.objects.in_force_on(period.as_of)
    values = {"plan": plan, "state": Computation.State.RUNNING, "started_at": timezone.now(), "attempts": 0}
    computation, _ = Computation.objects.update_or_create(period=period, defaults=values)
    _consume_changes(period)
    measure_and_judge(period, plan)
    computation.state = Computation.State.FINISHED
    computation.finished_at = timezone.now()
    computation.measured = declared_versions()
    computation.save(update_fields=["state", "finished_at", "measured"])
    return computation


def refresh_figures(period: ReportingPeriod) -> bool:
    """Count the daily figures of a measured month again; return whether any changed. Idempotent.

    Their rows change without a change set and so make no month stale (docs/domain.md §5.12). A month that was never
    measured, or whose figures are due in another version, is left to `compute_period`. Raises LockedError for a locked
    month.
    """
    return in_one_snapshot(lambda: refresh_in_snapshot(lock_period_row(period)))


def refresh_in_snapshot(period: ReportingPeriod) -> bool:
    """Refresh a month as `refresh_figures` does. The caller must be inside `in_one_snapshot` and hold `lock_period_row`."""
    _refuse_unless_measurable(period)
    daily = [figure for figure in declared_figures() if figure.is_daily]
    computation = Computation.objects.select_related("plan").measured_as_declared().filter(period=period).first()
    if not daily or computation is None:
        return False
    has_changed = refresh_and_judge(period, computation.plan, daily)
    if has_changed:  # what is kept of the month's figures is kept by this time
        computation.finished_at = timezone.now()
        computation.save(update_fields=["finished_at"])
    return has_changed


def refresh_open_months() -> int:
    """Refresh the daily figures of every open month that has begun; return how many months changed.

    A month that is locked meanwhile is left out: the lock has refreshed it.
    """
    begun = ReportingPeriod.objects.open().filter(month__lte=timezone.localdate())
    return sum(_refresh_unless_locked(period) for period in begun)


def _refresh_unless_locked(period: ReportingPeriod) -> bool:
    try:
        return refresh_figures(period)
    except LockedError:
        return False


def _refuse_unless_measurable(period: ReportingPeriod) -> None:
    if period.state == ReportingPeriod.State.LOCKED:
        raise LockedError(
            f"{period}已锁定，数据不再重新计算；如需重算，请先由市局管理员重新开放。",
            cure=f"The period {period.code} is locked, so its figures stay. Reopen it first.",
        )
    if period.month > timezone.localdate():
        raise InvalidError(
            f"{period}还没有开始，没有可计算的数据，请选择本月或以前的月份。",
            cure=f"The period {period.code} has not begun. Choose this month or an earlier one.",
            field="period",
        )


@contextmanager
def _one_snapshot() -> Iterator[None]:
    """Open a transaction whose statements all see the same state of the registers.

    SQLite does so by itself. PostgreSQL needs REPEATABLE READ, which can be set only for the outermost transaction;
    inside another one, consumed change sets are stored before measuring, so that the figures are never older than those.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if connection.vendor == "postgresql" and is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _consume_changes(period: ReportingPeriod) -> None:
    ids = list(unconsumed_changes(period).values_list("pk", flat=True))
    ConsumedChange.objects.bulk_create([ConsumedChange(period=period, change_set_id=key) for key in ids])


# --- The worker ---


def measure_if_due(*, period_id: int) -> Computation | None:
    """Compute a month that is due; return None if it is not due or another worker has claimed it.

    Idempotent. If computing fails, the computation gets the state FAILED, the old measures stay, and the error is raised;
    see `Claim.guard`.
    """
    period = periods_to_measure().filter(pk=period_id).first()
    if period is None:
        return None
    claim = _claim(period)
    if claim is None:
        return None
    with claim.guard():
        return in_one_snapshot(lambda: _compute_claimed(period, claim))
    return None


def _claim(period: ReportingPeriod) -> Claim[Computation] | None:
    """Claim a month; return None if another worker has claimed it or started it within MEASURE_EVERY."""
    now = timezone.now()
    computation = Computation.objects.filter(period=period).first()
    if computation is None:
        plan = TargetPlan.objects.in_force_on(period.as_of)
        return MEASURE.claim_new(period=period, defaults={"plan": plan, "started_at": now})
    not_recent = Computation.objects.filter(started_at__lte=now - MEASURE_EVERY)
    return MEASURE.claim(computation.pk, among=not_recent, started_at=now)


def _compute_claimed(period: ReportingPeriod, claim: Claim[Computation]) -> Computation:
    locked_row = lock_period_row(period)
    claim.hold()
    return compute_in_snapshot(locked_row)
