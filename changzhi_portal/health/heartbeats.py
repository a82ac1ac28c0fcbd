"""The heartbeats of worker and beat: a thread of each process writes its row (`PortalProcess`) every few seconds.

Celery imports this module into worker and beat only (`CELERY_IMPORTS`, `CELERY_BEAT_SCHEDULER`). A thread of its own
writes, so that a slow database holds up neither the worker's loop nor beat's.
"""

from __future__ import annotations

import datetime
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from celery.beat import Scheduler
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from django.db import connection
from django.utils import timezone

from changzhi_portal.health.pulse import Pulse, WorkerWatch
from changzhi_portal.models import PortalProcess

logger = logging.getLogger(__name__)
EVERY = 10  # seconds between two heartbeats
_LONG_AGO = datetime.timedelta(days=1)  # longer than any interval of the schedule
_STUCK_AFTER = 60  # seconds without a tick, after which beat hangs: the schedule has a task every 10 seconds
_END_WITHIN = 5  # seconds that the end of a process waits for the last write


class Heart:
    """The heartbeat of this process: a row is written while `works()`, and deleted when the process ends in order."""

    def __init__(
        self, kind: PortalProcess.Kind, queues: Iterable[str] = (), works: Callable[[], bool] = lambda: True
    ) -> None:
        self._kind, self._name = kind, f"{socket.gethostname()} {os.getpid()}"
        self._queues = " ".join(sorted(queues))
        self._works = works
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Write the first heartbeat soon, and go on until `end`."""
        self._thread.start()

    def end(self) -> None:
        """Have the thread delete the row. Does not wait, so that a signal handler may call it."""
        self._ended.set()

    def wait(self) -> None:
        """End, and wait until the row is deleted, for a few seconds at most."""
        self.end()
        if self._thread.is_alive():
            self._thread.join(_END_WITHIN)

    def _run(self) -> None:
        while True:
            if self._works():
                self._write(self._beat)
            if self._ended.wait(EVERY):
                break
        self._write(PortalProcess.objects.filter(kind=self._kind, name=self._name).delete)

    def _beat(self) -> None:
        now = timezone.now()
        PortalProcess.objects.update_or_create(
            kind=self._kind,
            name=self._name,
            defaults={"queues": self._queues, "seen_at": now},
            create_defaults={"queues": self._queues, "seen_at": now, "started_at": now},
        )
        PortalProcess.objects.succeeded_by(self._kind, self._queues).delete()

    def _write(self, write: Callable[[], Any]) -> None:
        """Write, and close the connection: children that the worker forks meanwhile must not share it.

        No error ends the thread: the process would be taken for dead as long as it lives.
        """
        try:
            write()
        except Exception as error:
            logger.warning("The heartbeat of this process cannot be written: %s", type(error).__name__)
        finally:
            connection.close()


_of_worker: list[Heart] = []
_watches: list[WorkerWatch] = []


@worker_ready.connect
def start_heart(sender: Any, **kwargs: Any) -> None:
    """Start the heartbeat of a worker that takes work from now on; `sender` is Celery's consumer."""
    queues = sender.app.amqp.queues.consume_from
    heart = Heart(PortalProcess.Kind.WORKER, queues)
    _of_worker.append(heart)
    heart.start()
    watch = WorkerWatch(sender.app, list(queues))
    _watches.append(watch)  # signals refer to it weakly
    Pulse(watch.works).start()


@worker_shutting_down.connect
def end_heart(**kwargs: Any) -> None:
    """End it as soon as the worker takes no more work; called in a signal handler."""
    for heart in _of_worker:
        heart.end()


@worker_shutdown.connect
def await_end_of_heart(**kwargs: Any) -> None:
    """Give the row the time to be deleted."""
    for heart in _of_worker:
        heart.wait()


class BeatingScheduler(Scheduler):
    """Celery's scheduler with a heartbeat, which stops when the scheduler hangs.

    It keeps no file, which a crash or a full disk could spoil. When it starts, every task is due: each finds out from the
    rows what there is to do, also for the time that beat was away.
    """

    _heart: Heart | None = None
    _ticked_at = 0.0

    def setup_schedule(self) -> None:
        """Take the entries of the settings, all due now."""
        self.update_from_dict(self.app.conf.beat_schedule)
        for entry in self.schedule.values():
            entry.last_run_at = self.app.now() - _LONG_AGO

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send what is due, as Celery does."""
        self._ticked_at = time.monotonic()
        if self._heart is None:
            self._heart = Heart(PortalProcess.Kind.BEAT, works=self._ticks)
            self._heart.start()
            Pulse(self._ticks).start()
        return super().tick(*args, **kwargs)

    def _ticks(self) -> bool:
        return time.monotonic() - self._ticked_at < _STUCK_AFTER

    def close(self) -> None:
        """End the heartbeat. Called in a signal handler, and perhaps twice."""
        super().close()
        if self._heart is not None:
            self._heart.wait()
