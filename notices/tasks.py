"""Background work of the notices: thin tasks that call an action."""

from __future__ import annotations

from celery import shared_task

from changzhi_portal.celery import Queue
from notices import actions


@shared_task(name="notices.tasks.send_waiting_mail", queue=Queue.TARGETS)
def send_waiting_mail() -> None:
    """Send the e-mail of notices that wait for it; beat calls this every minute."""
    actions.send_waiting_mail()
