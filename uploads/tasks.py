"""Tasks: each is sent for one batch and does one piece of work, on the batch whose office's turn it is.

The action claims the batch, so running a task twice does no harm. The names say what the batch waits for that a message
was sent for (`uploads.jobs`); what is done may be for another one (`uploads.actions.turns`).
"""

from __future__ import annotations

from celery import shared_task

from changzhi_portal.celery import Queue
from uploads import actions


@shared_task(queue=Queue.UPLOADS)
def check_batch(batch_id: int) -> None:
    """Work on the next batch, sent for one that waits to be checked."""
    actions.work_on_next_batch(batch_id)


@shared_task(queue=Queue.UPLOADS)
def commit_batch(batch_id: int) -> None:
    """Work on the next batch, sent for one whose commit was requested."""
    actions.work_on_next_batch(batch_id)


@shared_task(queue=Queue.UPLOADS)
def undo_batch(batch_id: int) -> None:
    """Work on the next batch, sent for one whose undoing was requested."""
    actions.work_on_next_batch(batch_id)
