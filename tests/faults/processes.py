"""Processes of the portal that a test starts: they use the test's database, files and queue."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection


def environment() -> dict[str, str]:
    """Return the environment of a process that shares this test's database and VAR_DIR."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        user = f"{database['USER']}:{database['PASSWORD']}@" if database["USER"] else ""
        url = f"postgres://{user}{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "changzhi_portal.settings"}


@contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[str]]:
    """Run a Python process of the portal; kill it when the context ends."""
    started = subprocess.Popen(
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        if started.poll() is None:
            os.killpg(started.pid, 9)
        started.wait(timeout=30)
        if started.stdout is not None:
            started.stdout.close()


@contextmanager
def worker() -> Iterator[subprocess.Popen[str]]:
    """Run a Celery worker that serves every queue."""
    with process(
        "-m", "celery", "-A", "changzhi_portal", "worker", "-Q", "uploads,targets,reports", "-P", "solo",
        "-l", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat",
    ) as started:  # fmt: skip
        yield started


def wait_until(condition: Callable[[], bool], *, seconds: float = 60, what: str) -> None:
    """Wait until the condition is true; fail the test, naming `what`, after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
        time.sleep(0.1)
