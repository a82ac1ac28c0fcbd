"""The pulse: a process tells its keeper every few seconds that it works (systemd's `WATCHDOG=1`).

A process that finds that it works no more ends at once, one that stands still is killed by the keeper
(`changzhi_portal/keeper.py`, or systemd with WatchdogSec); either is replaced. Celery itself needs that: after Redis was
away, its worker sometimes goes on without taking anything. The pulse uses neither the database nor a disk, which may be
what is slow; the heartbeat (`heartbeats.py`) tells people the same.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from celery import Celery
from celery.signals import task_postrun, task_prerun
from django.conf import settings
from kombu.exceptions import ChannelError
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
EVERY = 5  # seconds between two pulses
# Seconds that messages may wait while a worker does nothing. It looks for them several times a second.
_MUST_TAKE_WITHIN = 20


class Pulse:
    """The pulse of this process while `works()`, and its end otherwise. Nothing happens in one that has no keeper."""

    def __init__(self, works: Callable[[], bool]) -> None:
        self._works = works
        self._address = os.environ.get("NOTIFY_SOCKET", "").replace("@", "\0", 1)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        if self._address:
            threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def _run(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messenger:
            while True:
                if not self._works():
                    logger.error("This process works no more; it ends, and its keeper starts another one.")
                    os.kill(os.getpid(), signal.SIGKILL)  # whatever holds up its main thread
                try:
                    messenger.sendto(b"WATCHDOG=1", self._address)
                except OSError as error:
                    logger.warning("The keeper cannot be reached: %s", error)
                time.sleep(EVERY)


class WorkerWatch:
    """Whether a worker of one process (Celery's pool `solo`) works: it takes what waits, and no task takes too long."""

    def __init__(self, app: Celery, queues: list[str]) -> None:
        self._app, self._queues = app, queues
        self._task_since: float | None = None  # since when a task runs
        self._waiting_since: float | None = None  # since when messages wait although none runs
        task_prerun.connect(self._begin)
        task_postrun.connect(self._end)

    def _begin(self, **kwargs: Any) -> None:
        self._task_since, self._waiting_since = time.monotonic(), None

    def _end(self, **kwargs: Any) -> None:
        self._task_since = self._waiting_since = None

    def works(self) -> bool:
        """Return whether it does. A worker whose broker cannot be asked has nothing to take."""
        now, since = time.monotonic(), self._task_since
        if since is not None:
            return now - since < settings.CELERY_TASK_TIME_LIMIT
        if not self._count_waiting():
            self._waiting_since = None
            return True
        if self._waiting_since is None:
            self._waiting_since = now
        return now - self._waiting_since < _MUST_TAKE_WITHIN

    def _count_waiting(self) -> int:
        """Return how many messages wait in the queues of this worker."""
        try:
            with self._app.connection_for_read() as connection, connection.channel() as channel:
                return sum(_size(channel, queue) for queue in self._queues)
        except (BrokerError, OSError, RedisError):
            return 0


def _size(channel: Any, queue: str) -> int:
    try:
        return int(channel.queue_declare(queue, passive=True).message_count)
    except ChannelError:  # Redis has no empty queues
        return 0
