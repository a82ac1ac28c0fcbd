"""Background work of the reports: thin tasks that call an action."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from changzhi_portal.celery import Queue
from reports import actions
from reports.delivery.actions import remind_of_unread
from reports.delivery.actions import send_delivery as send


@shared_task(name="reports.tasks.print_briefing", queue=Queue.REPORTS)
def print_briefing(briefing_id: int) -> None:
    """Print one queued briefing; safe to run twice."""
    actions.print_briefing(briefing_id)


@shared_task(name="reports.tasks.refresh_drafts", queue=Queue.TARGETS)
def refresh_drafts() -> None:
    """Have the drafts printed again whose figures have moved. Beat calls this every minute."""
    actions.refresh_drafts(moment=timezone.now())


@shared_task(name="reports.tasks.send_delivery", queue=Queue.TARGETS)
def send_delivery(delivery_id: int) -> None:
    """Send the mail of one delivery; safe to run twice."""
    send(delivery_id)


@shared_task(name="reports.tasks.publish_due", queue=Queue.TARGETS)
def publish_due() -> None:
    """Issue what is due today or was due before, tell of what is missing, and remind of what is unread. Beat calls this.

    Does nothing in a demo, whose months are long past.
    """
    if settings.DEMO:
        return
    actions.publish_due(moment=timezone.now())
    remind_of_unread(moment=timezone.now())
