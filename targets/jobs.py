"""Measuring a month as background work: which months are due, and how a worker takes one."""

from __future__ import annotations

import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from changzhi_portal.celery import Queue
from changzhi_portal.jobs import JobKind
from communities.models import CommunityPlacement
from periods.models import ReportingPeriod
from targets.models import Computation, TargetPlan, unconsumed_changes

# A worker measures a month at most this often. A month of the real city takes a fraction of a second.
MEASURE_EVERY = datetime.timedelta(seconds=60)
State = Computation.State


def periods_to_measure() -> QuerySet[ReportingPeriod]:
    """Return the open months that are due for measuring, newest first.

    Due are months that were never measured, that failed, whose registers have changed since, or whose measured figures
    differ from those declared now in name or version (ADR 0018). Left out are months that a worker is measuring or that
    were started less than MEASURE_EVERY ago, and months before the first plan. Without communities nothing is due.
    """
    first_plan = TargetPlan.objects.current().first()
    if first_plan is None or not CommunityPlacement.objects.exists():
        return ReportingPeriod.objects.none()
    computations = Computation.objects.filter(period=OuterRef("pk"))
    settled = computations.measured_as_declared()
    running = computations.filter(state=State.RUNNING)
    began_just_now = computations.filter(started_at__gt=timezone.now() - MEASURE_EVERY)
    return (
        ReportingPeriod.objects.open()
        .filter(month__gte=first_plan.starts_on.replace(day=1))
        .filter(~Exists(settled) | Exists(unconsumed_changes(OuterRef("pk"))))
        .exclude(Exists(running))
        .exclude(Exists(began_just_now))
    )


# Measuring is one transaction that locks the row of the computation (`targets.actions.measure_if_due`), so it needs no
# heartbeat. The number of attempts is not limited: a month given up would silently have no figures.
MEASURE = JobKind(
    model=Computation,
    task="targets.tasks.measure_period",
    queue=Queue.TARGETS,
    running=State.RUNNING,
    failed=State.FAILED,
    shows_failure=State.FAILED,
    find_due=lambda: periods_to_measure().values_list("pk", flat=True),
    message_field=None,
    max_attempts=None,
)
