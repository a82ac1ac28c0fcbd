"""The Celery application. Tasks live in `<app>/tasks.py`; each declares its queue (ADR 0004)."""

import inspect
import logging
import os
from enum import StrEnum
from typing import Any

from celery import Celery, Task
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.log import configure_logging
from kombu.exceptions import ChannelError
from kombu.exceptions import OperationalError as BrokerError
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changzhi_portal.settings")

# The ids that the log lines of a task share with those of the request that sent it, and the header that carries them.
_PROPAGATED_IDS = ("request_id", "user_id")
_LOG_CONTEXT = "log_context"


class Queue(StrEnum):
    """The queues that a worker serves. There is no default queue: every message must name one of these."""

    UPLOADS = "uploads"  # a clerk is waiting in front of the page
    TARGETS = "targets"  # measuring a month
    REPORTS = "reports"  # printing a briefing


class PortalTask(Task):
    """Base class of every task. Raises ImproperlyConfigured for a task that is declared without a `Queue`."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Celery's own tasks (chord, backend_cleanup, ...) declare no queue and are never sent.
        is_ours = cls.name is not None and not cls.name.startswith("celery.")
        if is_ours and getattr(cls, "queue", None) not in set(Queue):
            raise ImproperlyConfigured(
                f"The task {cls.name} declares no queue. Add queue=Queue.… to its decorator (changzhi_portal.celery.Queue)."
            )


app = Celery("changzhi_portal", task_cls=PortalTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def enqueue(task_name: str, queue: Queue, *arguments: Any, expires: float | None = None) -> bool:
    """Send `task_name` to a queue; return False when the broker cannot be reached.

    A worker drops a message that it takes after `expires` seconds. A lost message only delays the work: the row's state
    decides whether it waits, and beat looks for waiting rows (`changzhi_portal.jobs`).
    """
    try:
        app.send_task(task_name, args=arguments, queue=queue, expires=expires, retry=False)
    except (BrokerError, ChannelError, OSError) as error:
        logging.getLogger(__name__).warning(
            "The broker cannot be reached (%s): %s%s waits.", error, task_name, arguments
        )
        return False
    return True


@setup_logging.connect
def use_portal_logging(**kwargs: Any) -> None:
    """Configure logging in worker and beat as in every process. While this is connected, Celery configures none."""
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)


@before_task_publish.connect
def send_log_context(headers: dict[str, Any] | None = None, **kwargs: Any) -> None:
    """Add the ids of the current request to the headers of a task that it sends."""
    if headers is not None:
        bound = get_contextvars()
        headers[_LOG_CONTEXT] = {name: bound[name] for name in _PROPAGATED_IDS if name in bound}


@task_prerun.connect
def bind_log_context(task_id: str, task: Task, args: Any, kwargs: Any, **others: Any) -> None:
    """Bind the task's name, its arguments called `…_id` and the ids of the request that sent it to its log lines."""
    clear_contextvars()
    given = inspect.signature(task.run).bind_partial(*args, **kwargs).arguments
    about = {name: value for name, value in given.items() if name.endswith("_id")}
    bind_contextvars(**(task.request.get(_LOG_CONTEXT) or {}), task=task.name, task_id=task_id, **about)


@task_postrun.connect
def clear_log_context(**kwargs: Any) -> None:
    """Clear the ids of a task that has ended."""
    clear_contextvars()
