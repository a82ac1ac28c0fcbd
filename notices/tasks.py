"""Celery tasks of the notices; each calls an action."""

from __future__ import annotations

from celery import shared_task

from changzhi_portal.celery import Queue
from notices import actions


@shared_task(name="notices.tasks.send_waiting_mail", queue=Queue.TARGETS)
def send_waiting_mail() -> None:
    """Send the waiting e-mail of notices. Beat calls this every minute."""
    actions.send_waiting_mail()
