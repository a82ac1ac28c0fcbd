"""A locked month as computing it now would give it, for as long as somebody looks; then everything is taken back."""

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

# The month of a stand-in lies that long before its own: no such month is ever in the calendar.
_YEARS_APART = 1_000


@contextmanager
def recomputed_copy(period: ReportingPeriod) -> Iterator[ReportingPeriod]:
    """A stand-in for `period` with the measures and results that computing the month now would give.

    It has a key of its own and the month of `period`, so that whatever reads figures by a period reads those. Nobody
    else ever sees it: everything is rolled back at the end, and the frozen rows are not touched meanwhile. Inside
    `in_one_snapshot` the figures are those of one moment. Raises NotFoundError when no plan speaks of the month.
    """
    plan = TargetPlan.objects.in_force_on(period.as_of)
    with transaction.atomic():
        row = ReportingPeriod.objects.create(
            month=period.month.replace(year=period.month.year - _YEARS_APART),
            state=ReportingPeriod.State.OPEN,
            opens_on=period.opens_on,
            due_on=period.due_on,
            late_until=period.late_until,
        )
        stand_in = copy(period)
        stand_in.pk = row.pk
        now = timezone.now()
        Computation.objects.create(
            period=row,
            plan=plan,
            state=Computation.State.FINISHED,
            started_at=now,
            finished_at=now,
            measured=declared_versions(),
        )
        measure_and_judge(stand_in, plan)
        try:
            yield stand_in
        finally:
            transaction.set_rollback(True)


@contextmanager
def recomputed_in_place(period: ReportingPeriod) -> Iterator[None]:
    """Inside, the rows of a locked month are those that computing it now would give; afterwards they are as they were.

    For whoever reads figures in many ways (by period, by month, over months) and must not know. The caller holds the
    month (`hold`), and nobody else sees anything of it: it never leaves the transaction.
    """
    plan = TargetPlan.objects.in_force_on(period.as_of)
    with transaction.atomic():
        Computation.objects.filter(period=period).update(plan=plan, measured=declared_versions())
        measure_and_judge(period, plan)
        try:
            yield
        finally:
            transaction.set_rollback(True)
