"""Celery tasks of the calendar, of reminders and of findings; each calls an action."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from changzhi_portal.celery import Queue
from submissions.actions import open_due_months, remind_automatically
from submissions.kept_findings import keep_found_places


@shared_task(name="submissions.tasks.update_calendar", queue=Queue.TARGETS)
def update_calendar() -> None:
    """Open months whose opening day has come, and send automatic reminders. Beat calls this every few minutes.

    Does nothing in a demo: its months are long past, and an empty current one would hide them.
    """
    if settings.DEMO:
        return
    open_due_months(day=timezone.localdate())
    remind_automatically(moment=timezone.now())


@shared_task(name="submissions.tasks.keep_findings", queue=Queue.TARGETS)
def keep_findings() -> None:
    """Find again what the rules of the month in hand find, as far as the registers have changed. Idempotent."""
    keep_found_places()
