"""Work that a worker does after every change of the registers, so that the next page finds it done.

Each app declares its own in `<app>/jobs.py`:

    FINDINGS = AfterChange("submissions.tasks.keep_findings", Queue.TARGETS)

The work must change nothing that a page could not do itself: a message may be lost, come late, or come twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from changzhi_portal.celery import Queue, enqueue
from changzhi_portal.discovery import instances_in

_EXPIRES = 60  # seconds; by then a page, or beat, has seen to it


@dataclass(frozen=True)
class AfterChange:
    """A Celery task without arguments that is sent after every change, and the queue that it waits in."""

    task: str
    queue: Queue


def announce_change() -> None:
    """Send the tasks of all apps, once the transaction has been committed."""
    transaction.on_commit(_send)


def _send() -> None:
    for work in instances_in("jobs", AfterChange):
        enqueue(work.task, work.queue, expires=_EXPIRES)
