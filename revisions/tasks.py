"""Background work of the revisions: thin tasks that call an action."""

from __future__ import annotations

from celery import shared_task

from changzhi_portal.celery import Queue
from revisions.actions import COMPARE_EVERY, compare_if_due, locked_periods_to_compare


@shared_task(name="revisions.tasks.compare_stale_locked_months", queue=Queue.TARGETS)
def compare_stale_locked_months() -> None:
    """Send every locked month that registers have changed after, to be compared; beat calls this every minute."""
    for period in locked_periods_to_compare():
        compare_locked_month.apply_async((period.pk,), expires=COMPARE_EVERY.total_seconds())


@shared_task(name="revisions.tasks.compare_locked_month", queue=Queue.TARGETS)
def compare_locked_month(period_id: int) -> None:
    """Compare one locked month if it is still due; safe to run twice."""
    compare_if_due(period_id=period_id)
