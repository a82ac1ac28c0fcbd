"""Celery tasks of other systems; each calls an action."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from changzhi_portal.celery import Queue
from connections import actions


@shared_task(name="connections.tasks.tell_of_expiry", queue=Queue.TARGETS)
def tell_of_expiry() -> None:
    """Tell the bureau of tokens that soon expire. Beat calls this every morning."""
    actions.tell_of_expiry(day=timezone.localdate())


@shared_task(name="connections.tasks.tell_systems", queue=Queue.TARGETS)
def tell_systems(feed_id: int) -> None:
    """Tell other systems of what has happened. Beat calls this when there is something to tell (`connections.jobs`)."""
    actions.tell_systems(feed_id)
