"""A whole portal that a test starts as `make run` does (web, worker and beat under their keepers), and its users."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, ProxyHandler, build_opener

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import Error, connection
from django.utils import timezone

from accounts.models import Role, User
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.refusals import PortalError
from communities.models import Facility
from periods.models import ReportingPeriod
from tests.communities.test_sheets import facility_row
from tests.factories import PASSWORD, Place, make_period, make_user
from tests.faults.processes import environment, wait_until
from tests.uploads.office import write_workbook
from uploads import actions
from uploads.models import UploadBatch

ROWS = 20  # of each upload
HALF_WHOLE = (Error, PortalError, OSError)  # what a person meets while a fault lasts, and tries again


class Process:
    """One process of the portal, by its id and command line."""

    def __init__(self, pid: int, parent: int, command: str) -> None:
        self.pid, self.parent, self.command = pid, parent, command

    @property
    def kind(self) -> str:
        """Return "keeper", "honcho", "nginx", "worker", "beat", "web" or ""."""
        if "changzhi_portal.keeper" in self.command:
            return "keeper"
        if "honcho" in self.command:
            return "honcho"
        if self.command.startswith("nginx: "):
            return "nginx"
        for kind, words in (("worker", " worker "), ("beat", " beat"), ("web", "gunicorn")):
            if words in self.command and "python" in self.command:
                return kind
        return ""

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal, by default SIGKILL."""
        os.kill(self.pid, number)


@dataclass
class Upload:
    """A spreadsheet that an office sends and wants in, however often it must try."""

    sender: User
    period: ReportingPeriod
    name: str
    file: bytes
    batch: UploadBatch | None = None

    def advance(self) -> bool:
        """Do what the office does next; return whether the file is in."""
        try:
            self.batch = UploadBatch.objects.filter(file_name=self.name).first()
            if self.batch is None:
                self.batch = actions.receive_file(
                    file=[self.file], file_name=self.name, register="facilities", by=self.sender, period=self.period
                )
            if self.batch.state == UploadBatch.State.CHECKED:
                actions.request_commit(batch=self.batch, mode="all", by=self.sender)
            return self.batch.state == UploadBatch.State.COMMITTED
        except HALF_WHOLE:
            return False


@dataclass
class Visitor:
    """A browser at the portal."""

    port: int
    cookies: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Return status and text of a page; 0 while nothing answers. A form is sent with the page's token."""
        opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.cookies), _NoRedirects())
        address = f"http://127.0.0.1:{self.port}{path}"
        try:
            data = None
            if form is not None:
                page = opener.open(address, timeout=90).read().decode()
                hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
                data = urlencode({**hidden, **form}).encode()
            with closing(opener.open(address, data, timeout=90)) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def sign_in(self, user: User) -> bool:
        """Sign in; return whether that was possible."""
        status, _ = self.ask("/accounts/login/", {"username": user.username, "password": PASSWORD})
        return status == 302

    def reads(self) -> bool:
        """Return whether the pages of somebody who is signed in can be read."""
        return all(self.ask(path)[0] == 200 for path in ("/", "/notices/", "/facilities/"))

    def writes(self) -> tuple[int, str]:
        """Change the own telephone; return status (302 when it is saved) and page."""
        return self.ask("/accounts/account/contact/", {"email": "", "phone": "19900001234"})


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *arguments: object) -> None:
        return None


class Portal:
    """The running portal, with a clerk, an officer and the uploads sent so far."""

    def __init__(self, place: Place) -> None:
        self.place, self.period = place, make_period()
        self.clerk = make_user(Role.DISTRICT_CLERK, place.county)
        self.officer = make_user(Role.BUREAU_OFFICER, place.city)
        hashed = PBKDF2PasswordHasher().encode(PASSWORD, "salt")  # the tests' fast hash is none of the product's
        User.objects.filter(pk__in=(self.clerk.pk, self.officer.pk)).update(password=hashed)
        self.folder = Path(tempfile.mkdtemp(prefix="faults-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.uploads: list[Upload] = []
        self.visitor = Visitor(self.port)

    # --- Starting and stopping ---

    def start(self) -> None:
        """Start it and wait until it is whole."""
        surroundings = environment() | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.slow_settings",
            "FAULTS_DIR": str(self.folder),
            "HEALTH_FREE_BYTES": "1000000",
            "FONT_DIR": str(settings.FONT_DIR),
        }
        with open(self.folder / "log", "wb") as log:
            self._started = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "scripts/serve", str(self.port)], cwd=settings.BASE_DIR, env=surroundings, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        wait_until(self.is_ready, seconds=90, what="the start")

    def stop(self) -> None:
        """Stop it as Ctrl-C does; what is left after half a minute is killed."""
        mine = self.processes()
        self._started.terminate()
        try:
            self._started.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._started.kill()
        for process in mine:
            if Path(f"/proc/{process.pid}").exists():
                process.kill()

    def processes(self, kind: str = "") -> list[Process]:
        """Return the processes of the portal, of one kind or all."""
        listed = subprocess.run(
            ["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
        ).stdout
        found = [Process(int(a), int(b), c) for a, b, c in (line.split(None, 2) for line in listed.splitlines()[1:])]
        mine: list[Process] = []
        parents = {self._started.pid}
        while parents:
            children = [process for process in found if process.parent in parents]
            mine += children
            parents = {process.pid for process in children}
        return [each for each in mine if kind in ("", each.kind)]

    def keeper_of(self, kind: str) -> Process:
        """Return the keeper of the processes of one kind."""
        parents = {each.parent for each in self.processes(kind)}
        return next(each for each in self.processes("keeper") if each.pid in parents)

    # --- Is it whole? ---

    def is_ready(self) -> bool:
        """Return whether the portal itself says that it works."""
        status, text = Visitor(self.port).ask("/readyz")
        return status == 200 and json.loads(text)["ready"]

    def has_all_processes(self) -> bool:
        """Return whether two workers, beat, and the masters of web and nginx with their two workers are there."""
        return [len(self.processes(kind)) for kind in ("worker", "beat", "web", "nginx")] == [2, 1, 3, 3]

    def upload(self) -> Upload:
        """Have the clerk send another file with new records."""
        name = f"演示设施{len(self.uploads) + 1}.xlsx"
        rows = [facility_row(设施名称=f"活动室{len(self.uploads) + 1}之{number + 1}") for number in range(ROWS)]
        file = write_workbook(self.folder / name, rows)
        sent = Upload(self.clerk, self.period, name, file.read_bytes())
        self.uploads.append(sent)
        sent.advance()
        return sent

    def wait_until_whole(self, done: Callable[[], bool], *, seconds: float = 90) -> float:
        """Wait until everything goes as before and return the seconds that it took; raise AssertionError after `seconds`.

        `done` says whether the work that the fault has met is done. Besides, all files sent so far are in, another one
        gets in, and people sign in and read.
        """
        began = time.monotonic()
        another = self.upload()
        missing = {
            "the work that was met": done,
            "the files sent before": lambda: self._advance_all() == len(self.uploads) - 1,
            "another file": another.advance,
            "signing in": lambda: self.visitor.sign_in(self.clerk),
            "reading": self.visitor.reads,
            "the checks of health": self.is_ready,
            "all processes": self.has_all_processes,
        }
        while missing:
            missing = {what: is_so for what, is_so in missing.items() if not _tried(is_so)}
            took = time.monotonic() - began
            assert not missing or took < seconds, f"after {took:.0f} s still missing: {', '.join(missing)}"
            time.sleep(0.2 if missing else 0)
        return took

    def _advance_all(self) -> int:
        return sum(upload.advance() for upload in self.uploads[:-1])

    def check_that_nothing_is_lost_or_doubled(self) -> None:
        """Raise AssertionError unless every record of every file is there once, and was written by one commit."""
        expected = ROWS * len(self.uploads)
        assert UploadBatch.objects.count() == len(self.uploads)
        assert Facility.objects.count() == Facility.objects.values("name").distinct().count() == expected
        assert ChangeSet.objects.filter(batch__isnull=False).count() == len(self.uploads)
        assert ChangeRecord.objects.filter(change_set__batch__isnull=False).count() == expected

    # --- Work that a fault is to meet ---

    def process_halted_at(self, step: str, begin: Callable[[], object]) -> Process:
        """Begin some work and return the worker that halts in the middle of it; `go_on` lets others pass there."""
        for path in self.folder.glob("*.pid"):
            path.unlink()
        (self.folder / step).touch()
        begin()
        halted = (self.folder / step).with_suffix(".pid")
        wait_until(lambda: halted.exists() and halted.read_text() != "", seconds=150, what=f"a worker at {step}")
        pid = int(halted.read_text())
        return next(each for each in self.processes("worker") if each.pid == pid)

    def go_on(self, step: str) -> None:
        """Let workers pass a step again."""
        (self.folder / step).unlink(missing_ok=True)


def _tried(is_so: Callable[[], bool]) -> bool:
    try:
        return is_so()
    except HALF_WHOLE:
        connection.close()
        return False


def now() -> str:
    """Return the time, for the progress that is printed."""
    return f"{timezone.localtime():%H:%M:%S}"
