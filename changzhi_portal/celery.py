"""The Celery application. Tasks live in `<app>/tasks.py`; each says its queue."""

import logging
import os
from enum import StrEnum
from typing import Any

from celery import Celery
from kombu.exceptions import ChannelError
from kombu.exceptions import OperationalError as BrokerError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changzhi_portal.settings")


class Queue(StrEnum):
    """The queues a worker serves. A task without one of these fails a test."""

    UPLOADS = "uploads"  # a clerk is waiting in front of the page
    TARGETS = "targets"  # measuring a month
    REPORTS = "reports"  # printing a briefing


app = Celery("changzhi_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def enqueue(task_name: str, queue: Queue, *arguments: Any) -> bool:
    """Tell a queue that a row waits for `task_name`; False when the broker cannot be reached.

    The row's state is the truth and beat looks for waiting rows, so a broker that is away only delays the work.
    """
    try:
        app.send_task(task_name, args=arguments, queue=queue, retry=False)
    except (BrokerError, ChannelError, OSError) as error:
        logging.getLogger(__name__).warning(
            "The broker cannot be reached (%s): %s%s waits.", error, task_name, arguments
        )
        return False
    return True
