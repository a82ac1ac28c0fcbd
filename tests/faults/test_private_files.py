"""Whatever the portal's processes write below VAR_DIR is for their own user alone, also where the machine says otherwise."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, build_opener

import pytest
from django.conf import settings

from changzhi_portal.private_files import close_to_others, open_to_others
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.office import write_workbook

MACHINE_MASK = 0o022
PASSWORD = "Wq7#Larn-kitso"


def environment(var: Path) -> dict[str, str]:
    """Return the environment of an embedded portal with its own VAR_DIR, as `make run` starts it."""
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "CACHE_URL"}}
    # With DEBUG the pages need no collected static files.
    return kept | {"VAR_DIR": str(var), "DJANGO_SETTINGS_MODULE": "changzhi_portal.settings", "DEBUG": "true"}


def manage(var: Path, *command: str, given: str = "") -> None:
    """Run one management command."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR, env=environment(var), input=given, text=True, capture_output=True, umask=MACHINE_MASK,
        timeout=600,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr


@contextmanager
def running(var: Path, *module: str) -> Iterator[None]:
    """Run a process of the portal until the context ends."""
    started = subprocess.Popen(
        [sys.executable, "-m", *module],
        cwd=settings.BASE_DIR, env=environment(var), umask=MACHINE_MASK, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        os.killpg(started.pid, 9)
        started.wait(timeout=30)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.2)


def sign_in(address: str) -> OpenerDirector:
    """Sign in through the web server and return who has done so; the session is a file."""
    visitor = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def answers() -> bool:
        try:
            visitor.open(f"{address}/healthz", timeout=5).close()
        except OSError:
            return False
        return True

    wait_until(answers, "an answer of the web server")
    page = visitor.open(f"{address}/accounts/login/", timeout=30).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    form = {"csrfmiddlewaretoken": token[1], "username": "wang", "password": PASSWORD}
    visitor.open(f"{address}/accounts/login/", urlencode(form).encode(), timeout=30).close()
    return visitor


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_file_of_a_running_portal_may_be_read_by_others(tmp_path: Path) -> None:
    var = tmp_path / "var"
    manage(var, "migrate", "--verbosity", "0")
    manage(var, "load_divisions")
    manage(
        var, "create_staff", "wang", "--role", "district_clerk", "--division", "140402", "--email", "w@example.invalid",
        "--password-stdin", given=PASSWORD,
    )  # fmt: skip
    sent = write_workbook(tmp_path / "社工.xlsx", [worker_row("没有这个社区", 联系电话="12345")])
    manage(var, "upload", "workers", str(sent), "--as", "wang")
    with socket.socket() as free, ExitStack() as processes:
        # SQLite removes its -wal file with the last connection, so one stays open until the files were looked at.
        reader = processes.enter_context(closing(sqlite3.connect(var / "portal.sqlite3")))
        reader.execute("SELECT count(*) FROM django_migrations").fetchone()
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        for module in (
            (
                "gunicorn", "changzhi_portal.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket",
                "--logger-class", "changzhi_portal.gunicorn.Logger",
            ),
            ("celery", "--app", "changzhi_portal", "beat", "--pidfile="),
        ):  # fmt: skip
            processes.enter_context(running(var, *module))
        sign_in(f"http://127.0.0.1:{port}")
        wait_until(lambda: any((var / "broker" / "queue").iterdir()), "a message of beat")
        assert list(open_to_others(var / "broker")) == []
        with running(
            var, "celery", "--app", "changzhi_portal", "worker", "--queues", "uploads,targets,reports",
            "--concurrency", "1",
        ):  # fmt: skip
            wait_until(lambda: not any((var / "broker" / "queue").iterdir()), "the worker's taking of the messages")
        written = {path.relative_to(var).parts[0] for path in var.rglob("*") if path.is_file()}
        assert {"portal.sqlite3", "portal.sqlite3-wal", "secrets", "files", "cache"} <= written
        assert list(open_to_others(var)) == []


def test_migrating_closes_what_an_earlier_version_has_left_open(tmp_path: Path) -> None:
    var = tmp_path / "var"
    folder = var / "mail"
    folder.mkdir(parents=True)
    letter = folder / "letter"
    letter.touch()
    for path, mode in ((var, 0o755), (folder, 0o755), (letter, 0o664)):
        path.chmod(mode)
    assert close_to_others(var) == 3
    assert (letter.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert not list(open_to_others(var))
