"""Background work of the month: thin tasks that call an action."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from changzhi_portal.celery import Queue
from submissions.actions import open_due_months, remind_automatically


@shared_task(name="submissions.tasks.update_calendar", queue=Queue.TARGETS)
def update_calendar() -> None:
    """Open the months that have begun, and remind the counties that owe one; beat calls this every few minutes.

    The calendar of a demo stands still: its months are long past, and an empty present one would hide them.
    """
    if settings.DEMO:
        return
    open_due_months(day=timezone.localdate())
    remind_automatically(moment=timezone.now())
