"""Background tasks of the frame."""

from __future__ import annotations

from celery import shared_task

from changzhi_portal import jobs
from changzhi_portal.celery import Queue


@shared_task(name="changzhi_portal.tasks.put_back_jobs", queue=Queue.UPLOADS)
def put_back_jobs() -> None:
    """Put back the work of dead workers and send the due tasks of every app; beat calls this every 10 seconds."""
    jobs.put_back_jobs()
