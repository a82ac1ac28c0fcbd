"""When a worker counts as working: while it takes what waits, and no task takes too long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from changzhi_portal.celery import app
from changzhi_portal.health import pulse
from changzhi_portal.settings import BASE_DIR
from tests.faults.processes import environment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(pulse.time, "monotonic", lambda: now[0])
    return now


def watch_of(monkeypatch: pytest.MonkeyPatch, waiting: list[int]) -> pulse.WorkerWatch:
    watch = pulse.WorkerWatch(app, ["uploads"])
    monkeypatch.setattr(watch, "_count_waiting", lambda: waiting[0])
    return watch


def test_a_worker_that_leaves_messages_lying_does_not_work(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = [0]
    watch = watch_of(monkeypatch, waiting)
    assert watch.works()
    waiting[0] = 3
    assert watch.works(), "it may take them any moment"
    clock[0] += 21
    assert not watch.works()
    watch._begin()
    watch._end()
    assert watch.works(), "it has taken one"


def test_a_process_that_works_no_more_ends(tmp_path: Path) -> None:
    program = (
        "from changzhi_portal.health.pulse import Pulse; Pulse(lambda: False).start(); import time; time.sleep(60)"
    )
    surroundings = environment() | {"NOTIFY_SOCKET": f"{tmp_path}/nobody"}
    assert subprocess.run([sys.executable, "-c", program], env=surroundings, cwd=BASE_DIR, timeout=50).returncode == -9


def test_a_task_may_take_as_long_as_tasks_may(
    clock: list[float], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    watch = watch_of(monkeypatch, [3])
    watch._begin()
    clock[0] += settings.CELERY_TASK_TIME_LIMIT - 1
    assert watch.works(), "others wait, but it works"
    clock[0] += 2
    assert not watch.works()


def test_what_waits_is_counted_and_nothing_where_the_queue_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = pulse.WorkerWatch(app, ["uploads"])
    with app.connection_for_write() as connection, connection.channel() as channel:
        for queue in app.amqp.queues.values():
            queue(channel).declare()
        channel.queue_purge("uploads")
        before = watch._count_waiting()
        app.send_task("uploads.tasks.check_batch", args=(1,), queue="uploads")
        assert (before, watch._count_waiting()) == (0, 1)
        channel.queue_purge("uploads")

    def refuse(*arguments: Any, **options: Any) -> Any:
        raise OSError("no server")

    monkeypatch.setattr(watch._app, "connection_for_read", refuse)
    assert watch._count_waiting() == 0
