"""Builds of the portal side by side: a folder each, a database each, served by gunicorn without nginx, which older builds lack."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from django.conf import settings

from tests.front import free_port

PREPARE = Path(__file__).parent / "prepare.py"
STARTS_WITHIN = 60
LOCK = "requirements-test.txt"


class Portal(NamedTuple):
    """A build with a filled database: its folder, interpreter, the environment of its processes, what `prepare.py` printed."""

    folder: Path
    python: str
    environment: dict[str, str]
    cookies: dict[str, str]
    pages: dict[str, dict[str, str]]


@contextlib.contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """Check out a revision of this repository into a folder with this build's browser files.

    It has packages of its own if it locks others than this build.
    """
    here = Path(settings.BASE_DIR)
    with tempfile.TemporaryDirectory(prefix="bench-before-") as scratch:
        folder = Path(scratch) / "build"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", folder, revision], cwd=here, check=True)
        try:
            (folder / "static").mkdir(exist_ok=True)
            shutil.copytree(here / "static" / "vendor", folder / "static" / "vendor", dirs_exist_ok=True)
            if (folder / LOCK).read_bytes() != (here / LOCK).read_bytes():
                subprocess.run(["scripts/install_python", "--test"], cwd=folder, check=True, stdout=sys.stderr)
            yield folder
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", folder], cwd=here, check=True)


@contextlib.contextmanager
def prepared(folder: Path, size: str, *, number: int, sqlite: bool) -> Iterator[Portal]:
    """Fill a database of its own for the build: `size` is a number of communities, or "demo"."""
    with tempfile.TemporaryDirectory(prefix="bench-var-") as var:
        if sqlite:
            store = {"DATABASE_URL": f"sqlite:///{var}/portal.sqlite3", "REDIS_URL": ""}
        else:
            store = {
                "DATABASE_URL": new_database(f"bench_{number}"),
                "REDIS_URL": redis_address(10 + 2 * number),
                "CACHE_URL": redis_address(11 + 2 * number),
            }
        environment = {
            **{name: value for name, value in os.environ.items() if name != "CACHE_URL"},
            **store,
            "VAR_DIR": var,
            "FONT_DIR": str(Path(settings.BASE_DIR) / "var" / "fonts"),
            "DJANGO_SETTINGS_MODULE": "changzhi_portal.settings",
            "ALLOWED_HOSTS": "127.0.0.1,testserver",
            "PYTHONPATH": str(folder),
        }
        run = {"cwd": folder, "env": environment, "check": True}
        # First, because the pages that are looked for name the collected files.
        python = _python_of(folder)
        _collect_static(folder, python, environment)
        done = subprocess.run([python, PREPARE, size], **run, stdout=subprocess.PIPE, text=True)
        # Progress may come before it; the answer is the last line.
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        yield Portal(folder, python, environment, answer["cookies"], answer["pages"])


@contextlib.contextmanager
def served(portal: Portal, settings_module: str = "changzhi_portal.settings") -> Iterator[int]:
    """Serve the portal with two web processes over TCP and yield the port. Raises TimeoutError."""
    port = free_port()
    command = [
        portal.python, "-m", "gunicorn", "changzhi_portal.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2",
        "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip
    environment = {**portal.environment, "DJANGO_SETTINGS_MODULE": settings_module}
    if settings_module != portal.environment["DJANGO_SETTINGS_MODULE"]:
        _collect_static(portal.folder, portal.python, environment)
    server = subprocess.Popen(command, cwd=portal.folder, env=environment)
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _python_of(folder: Path) -> str:
    """Return the interpreter of a build: of its own packages, or of this build's."""
    own = folder / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable


def _collect_static(folder: Path, python: str, environment: dict[str, str]) -> None:
    command = [python, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=folder, env=environment, check=True)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"The web server did not start within {STARTS_WITHIN} s.")


def new_database(name: str) -> str:
    """Create an empty database beside the one of DATABASE_URL and return its address."""
    beside = os.environ["DATABASE_URL"]
    with psycopg.connect(beside.replace("postgres://", "postgresql://"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
    return beside.rpartition("/")[0] + f"/{name}"


def redis_address(number: int) -> str:
    """Return the address of a numbered database of the Redis in REDIS_URL."""
    return f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{number}"
