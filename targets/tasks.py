"""Celery tasks of the targets; each calls an action."""

from __future__ import annotations

from celery import shared_task

from changzhi_portal.celery import Queue
from targets.actions import measure_if_due, refresh_open_months


@shared_task(name="targets.tasks.measure_period", queue=Queue.TARGETS)
def measure_period(period_id: int) -> None:
    """Measure one month if it is still due. Idempotent."""
    measure_if_due(period_id=period_id)


@shared_task(name="targets.tasks.refresh_figures", queue=Queue.TARGETS)
def refresh_figures() -> None:
    """Count the daily figures of the open months again. Beat calls this every night. Idempotent."""
    refresh_open_months()
