"""The Celery application. Tasks live in `<app>/tasks.py`; each declares its queue (ADR 0004)."""

import logging
import os
from enum import StrEnum
from typing import Any

from celery import Celery, Task
from django.core.exceptions import ImproperlyConfigured
from kombu.exceptions import ChannelError
from kombu.exceptions import OperationalError as BrokerError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changzhi_portal.settings")


class Queue(StrEnum):
    """The queues that a worker serves. There is no default queue: a message has to name one of these."""

    UPLOADS = "uploads"  # a clerk is waiting in front of the page
    TARGETS = "targets"  # measuring a month
    REPORTS = "reports"  # printing a briefing


class PortalTask(Task):
    """The base class of every task. Raises ImproperlyConfigured for a task that is declared without a `Queue`."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Celery's own tasks (chord, backend_cleanup, ...) have none and are never sent.
        is_ours = cls.name is not None and not cls.name.startswith("celery.")
        if is_ours and getattr(cls, "queue", None) not in set(Queue):
            raise ImproperlyConfigured(
                f"The task {cls.name} declares no queue. Add queue=Queue.… to its decorator (changzhi_portal.celery.Queue)."
            )


app = Celery("changzhi_portal", task_cls=PortalTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def enqueue(task_name: str, queue: Queue, *arguments: Any, expires: float | None = None) -> bool:
    """Tell a queue that a row waits for `task_name`; return False when the broker cannot be reached.

    A worker drops a message that it takes after `expires` seconds. The row's state is the truth and beat looks for
    waiting rows (`changzhi_portal.jobs`), so a lost message or a broker that is away only delays the work.
    """
    try:
        app.send_task(task_name, args=arguments, queue=queue, expires=expires, retry=False)
    except (BrokerError, ChannelError, OSError) as error:
        logging.getLogger(__name__).warning(
            "The broker cannot be reached (%s): %s%s waits.", error, task_name, arguments
        )
        return False
    return True
