"""How much work waits, is being done or has failed, by queue."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import Aggregate, Count, Min, Q
from django.utils import timezone

from changzhi_portal.celery import Queue
from changzhi_portal.health.own_checks import QUEUE_TITLES
from changzhi_portal.jobs import JobKind, job_kinds

FAILED_WITHIN = datetime.timedelta(hours=24)
LATE_AFTER = datetime.timedelta(minutes=10)


@dataclass
class QueueLoad:
    """The work of one queue. `oldest_at` is when the request was made that has waited longest; None where none waits."""

    title: str
    waiting: int = 0
    running: int = 0
    failed: int = 0
    oldest_at: datetime.datetime | None = None

    @property
    def is_late(self) -> bool:
        """Return whether a request has waited for more than LATE_AFTER."""
        return self.oldest_at is not None and timezone.now() - self.oldest_at > LATE_AFTER


def queue_loads() -> list[QueueLoad]:
    """Return the work of every queue, counted from the rows, which tell more than the messages in the broker."""
    loads = {queue: QueueLoad(QUEUE_TITLES[queue]) for queue in Queue}
    for kind in job_kinds():
        _add(kind, loads[kind.queue])
    return list(loads.values())


def _add(kind: JobKind, load: QueueLoad) -> None:
    """Add the rows of one kind of work, with one query, or two where rows become due in another way."""
    states = [state for state in (kind.waiting, kind.running, kind.shows_failure) if state]
    is_in = {state: Q(**{kind.state_field: state}) for state in states}
    numbers: dict[str, Aggregate] = {"running": Count("pk", filter=is_in[kind.running])}
    if kind.shows_failure:
        recent = is_in[kind.shows_failure] & Q(heartbeat_at__gte=timezone.now() - FAILED_WITHIN)
        numbers["failed"] = Count("pk", filter=recent)
    if kind.waiting:
        numbers["waiting"] = Count("pk", filter=is_in[kind.waiting])
        numbers["oldest"] = Min(kind.waiting_since, filter=is_in[kind.waiting])
    found = kind.rows.filter(**{f"{kind.state_field}__in": states}).order_by().aggregate(**numbers)
    load.running += found["running"]
    load.failed += found.get("failed", 0)
    load.waiting += found.get("waiting", 0) if kind.find_due is None else len(list(kind.find_due()))
    load.oldest_at = min(filter(None, (load.oldest_at, found.get("oldest"))), default=None)
