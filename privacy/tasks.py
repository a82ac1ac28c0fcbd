"""The Celery task that wipes; it calls the action."""

from __future__ import annotations

from celery import shared_task

from changzhi_portal.celery import Queue
from privacy import actions


@shared_task(name="privacy.tasks.wipe_expired", queue=Queue.TARGETS)
def wipe_expired() -> None:
    """Wipe what has been kept long enough. Beat calls this every night."""
    actions.wipe_expired()
