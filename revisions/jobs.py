"""Comparing a locked month as background work: which months are due, and how a worker takes one."""

from __future__ import annotations

import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from changzhi_portal.celery import Queue
from changzhi_portal.jobs import JobKind
from periods.models import ReportingPeriod
from revisions.models import LockedComparison
from targets.models import Computation, unconsumed_changes

# Every upload makes all locked months due, and comparing takes as long as measuring, so it is limited to this.
COMPARE_EVERY = datetime.timedelta(minutes=10)
State = LockedComparison.State


def locked_periods_to_compare() -> QuerySet[ReportingPeriod]:
    """Return the locked months that are due for comparing, newest first.

    Due are months whose registers have changed since the lock, unless a finished comparison reflects all changes. Left
    out are months that a worker is comparing or that were started less than COMPARE_EVERY ago.
    """
    comparisons = LockedComparison.objects.filter(period=OuterRef("pk"))
    reflects_all = comparisons.with_staleness().filter(is_stale=False, state=State.FINISHED)
    running = comparisons.filter(state=State.RUNNING)
    began_just_now = comparisons.filter(started_at__gt=timezone.now() - COMPARE_EVERY)
    measured = Computation.objects.filter(period=OuterRef("pk"))
    return (
        ReportingPeriod.objects.locked()
        .filter(Exists(measured), Exists(unconsumed_changes(OuterRef("pk"))))
        .exclude(Exists(reflects_all))
        .exclude(Exists(running))
        .exclude(Exists(began_just_now))
        .order_by("-month")
    )


# Comparing is one transaction that locks the row of the comparison (`revisions.actions.compare_if_due`), so it needs no
# heartbeat. The number of attempts is not limited: the page of a month given up would keep showing an old comparison.
COMPARE = JobKind(
    model=LockedComparison,
    task="revisions.tasks.compare_locked_month",
    queue=Queue.TARGETS,
    running=State.RUNNING,
    failed=State.FAILED,
    shows_failure=State.FAILED,
    find_due=lambda: locked_periods_to_compare().values_list("pk", flat=True),
    message_field=None,
    max_attempts=None,
    on_failure=LockedComparison.objects.delete_if_reopened,
)
