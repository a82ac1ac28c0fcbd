"""Real workers and beat that start, end and are killed: `/readyz` and the page 运行状况 say so."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changzhi_portal.celery import Queue
from changzhi_portal.health.report import forget_answers
from changzhi_portal.models import PortalProcess
from tests.faults.processes import process, wait_until, worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WORKERS = {f"worker_{queue}" for queue in Queue}


def failed_checks() -> set[str]:
    forget_answers()
    return set(json.loads(Client().get("/readyz").content)["failed"])


def test_a_killed_worker_is_missed_within_the_set_time(
    administrator: User, signed_in: Callable[[User], Client], settings: Any
) -> None:
    assert failed_checks() >= WORKERS
    with worker() as started:
        wait_until(lambda: not failed_checks() & WORKERS, what="the first heartbeat")
        [row] = PortalProcess.objects.all()
        assert row.name.endswith(f" {started.pid}")
        assert set(row.queue_names) == set(Queue)
        os.killpg(started.pid, 9)
        started.wait(timeout=30)
        killed_at = time.monotonic()
    settings.HEALTH_SILENT_SECONDS = 12  # more than the time between two heartbeats
    assert not failed_checks() & WORKERS, "it was heard of just now"
    wait_until(lambda: failed_checks() >= WORKERS, seconds=20, what="missing the worker")
    assert time.monotonic() - killed_at <= settings.HEALTH_SILENT_SECONDS + 3
    page = signed_in(administrator).get(reverse("health")).content.decode()
    assert "没有后台处理进程在办“表格处理”的任务（最后一次心跳" in page and "没有响应" in page


def test_a_worker_that_ends_in_order_is_missed_at_once() -> None:
    with worker() as started:
        wait_until(lambda: not failed_checks() & WORKERS, what="the first heartbeat")
        started.terminate()
        started.wait(timeout=60)
    assert not PortalProcess.objects.exists()
    assert failed_checks() >= WORKERS


def test_beat_is_there_while_it_runs(tmp_path: Path) -> None:
    schedule = str(tmp_path / "schedule")
    with process("-m", "celery", "-A", "changzhi_portal", "beat", "--schedule", schedule, "--pidfile=") as started:
        wait_until(lambda: "beat" not in failed_checks(), what="the first heartbeat")
        started.terminate()
        started.wait(timeout=60)
    assert "beat" in failed_checks()
