"""Background work of exports: a thin task that calls an action."""

from __future__ import annotations

from celery import shared_task

from changzhi_portal.celery import Queue
from exports import actions


@shared_task(name="exports.tasks.make_export", queue=Queue.REPORTS)
def make_export(export_id: int) -> None:
    """Make the file of one queued export; safe to run twice."""
    actions.make_export(export_id)
