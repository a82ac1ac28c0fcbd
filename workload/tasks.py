"""Celery task of burden relief; it calls an action."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from changzhi_portal.celery import Queue
from workload.actions import end_expired


@shared_task(name="workload.tasks.end_expired_items", queue=Queue.TARGETS)
def end_expired_items() -> None:
    """End the items whose last day has passed. Beat calls this every night; running it twice ends nothing more."""
    end_expired(timezone.localdate())
