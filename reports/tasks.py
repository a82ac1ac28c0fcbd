"""Background work of the reports: thin tasks that call an action."""

from __future__ import annotations

from celery import shared_task

from changzhi_portal.celery import Queue
from reports import actions


@shared_task(name="reports.tasks.print_briefing", queue=Queue.REPORTS)
def print_briefing(briefing_id: int) -> None:
    """Print one queued briefing; safe to run twice."""
    actions.print_briefing(briefing_id)
