"""Computing a locked month again inside a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy

from django.db import transaction
from django.utils import timezone

from periods.models import ReportingPeriod
from targets.engine import measure_and_judge
from targets.figures import declared_versions
from targets.models import Computation, TargetPlan

# The row of a copy has its month this many years earlier, which no month of the calendar has.
_YEARS_EARLIER = 1_000


@contextmanager
def recomputed_copy(period: ReportingPeriod) -> Iterator[ReportingPeriod]:
    """Yield a copy of `period` with the measures and results of a new computation; roll everything back at the end.

    The copy has its own key and the month of `period`, so code that reads figures by period reads the new ones. The
    frozen rows are not changed. Call it inside `in_one_snapshot` for figures of one moment. Raises NotFoundError if no
    plan is in force for the month.
    """
    plan = TargetPlan.objects.in_force_on(period.as_of)
    with transaction.atomic():
        row = ReportingPeriod.objects.create(
            month=period.month.replace(year=period.month.year - _YEARS_EARLIER),
            state=ReportingPeriod.State.OPEN,
            opens_on=period.opens_on,
            due_on=period.due_on,
            late_until=period.late_until,
        )
        period_copy = copy(period)
        period_copy.pk = row.pk
        now = timezone.now()
        Computation.objects.create(
            period=row,
            plan=plan,
            state=Computation.State.FINISHED,
            started_at=now,
            finished_at=now,
            measured=declared_versions(),
        )
        measure_and_judge(period_copy, plan)
        try:
            yield period_copy
        finally:
            transaction.set_rollback(True)


@contextmanager
def recomputed_in_place(period: ReportingPeriod) -> Iterator[None]:
    """Replace the rows of a locked month by those of a new computation; roll that back at the end.

    For code that reads figures by month or over months and cannot use a copy. The caller must hold `lock_period_row`.
    Other transactions never see the new rows.
    """
    plan = TargetPlan.objects.in_force_on(period.as_of)
    with transaction.atomic():
        Computation.objects.filter(period=period).update(plan=plan, measured=declared_versions())
        measure_and_judge(period, plan)
        try:
            yield
        finally:
            transaction.set_rollback(True)
