"""Tasks: each takes an id and calls an action that claims the batch, so running one twice does no harm."""

from __future__ import annotations

from celery import shared_task

from changzhi_portal.celery import Queue
from uploads import actions


@shared_task(queue=Queue.UPLOADS)
def check_batch(batch_id: int) -> None:
    """Check a queued batch."""
    actions.check_queued_batch(batch_id)


@shared_task(queue=Queue.UPLOADS)
def commit_batch(batch_id: int) -> None:
    """Commit a batch whose commit was requested."""
    actions.commit_queued_batch(batch_id)


@shared_task(queue=Queue.UPLOADS)
def undo_batch(batch_id: int) -> None:
    """Undo a batch whose undoing was requested."""
    actions.undo_queued_batch(batch_id)
