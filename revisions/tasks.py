"""Celery tasks of the revisions; each calls an action."""

from __future__ import annotations

from celery import shared_task

from changzhi_portal.celery import Queue
from revisions.actions import compare_if_due


@shared_task(name="revisions.tasks.compare_locked_month", queue=Queue.TARGETS)
def compare_locked_month(period_id: int) -> None:
    """Compare one locked month if it is still due. Idempotent."""
    compare_if_due(period_id=period_id)
