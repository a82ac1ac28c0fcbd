"""Keeps processes of the portal running: `python -m changzhi_portal.keeper [OPTIONS] COMMAND …`.

It runs `--copies` of the command, and starts a copy anew when it has ended, whatever has ended it. With `--watchdog` it
also kills and replaces a copy that has not said for so many seconds that it works. Copies say so by systemd's protocol
(`WATCHDOG=1` to the datagram socket in NOTIFY_SOCKET, `changzhi_portal/health/pulse.py`), so that systemd may take the
keeper's place.

The worker is kept as several processes of one task each (Celery's pool `solo`) and not as one with a pool of children:
children of Celery's pool share a lock around their queue, and one that is killed while it waits there leaves the others
without work for good (ADR 0027).

It never gives up: what makes a start fail (a full disk, a database that is away) ends some time.
"""

from __future__ import annotations

import argparse
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

from changzhi_portal.logs import make_formatter

logger = logging.getLogger(__name__)
_STEP = 0.5  # seconds between two looks at the copies
_LONGEST_PAUSE = 5.0  # seconds before a copy is started anew that has ended at once several times
_IS_SHORT = 10.0  # seconds that a copy must live so that the next one is started without a pause
# Seconds that a copy may take to start: it says nothing before. One that waits for a broker that is away starts anew then.
_START_WITHIN = 60.0


class Copy:
    """One process of the command, and the one that replaces it."""

    def __init__(self, command: Sequence[str], watchdog: float) -> None:
        self._command = command
        self._watchdog = watchdog
        # In the abstract namespace, so that no disk is needed.
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind("")
        self._pause = 0.0
        self._start()

    def fileno(self) -> int:
        """Return the descriptor of the socket, for `select`."""
        return self._socket.fileno()

    def _start(self) -> None:
        environment = dict(os.environ)
        if self._watchdog:
            address = self._socket.getsockname()
            environment["NOTIFY_SOCKET"] = f"@{address.lstrip(bytes(1)).decode('ascii')}"
        self._started_at = time.monotonic()
        self._silent_after = self._started_at + _START_WITHIN
        # In a group of its own, so that what it leaves behind can be ended; and it does not outlive the keeper.
        self._process = subprocess.Popen(  # noqa: S603  # the command of the Procfile
            ["setpriv", "--pdeathsig", "KILL", *self._command],  # noqa: S607
            env=environment,
            start_new_session=True,
        )

    def listen(self) -> None:
        """Read what the copy says about itself."""
        with suppress(BlockingIOError):
            while b"WATCHDOG=1" in self._socket.recv(4096).split(b"\n"):
                self._silent_after = time.monotonic() + self._watchdog

    def look_after(self) -> None:
        """Start the copy anew when it has ended or is silent."""
        now = time.monotonic()
        if self._process.poll() is None:
            if not self._watchdog or now <= self._silent_after:
                return
            logger.error("Process %s has been silent for too long; it is killed.", self._process.pid)
            self.kill()
        elif self._restart_at is None:
            lived = now - self._started_at
            self._pause = 0.0 if lived >= _IS_SHORT else min(_LONGEST_PAUSE, 2 * self._pause or 1.0)
            logger.error(
                "Process %s has ended (%s); another one is started in %s s.",
                self._process.pid,
                self._process.returncode,
                self._pause,
            )
            self.kill()  # what it has left behind
            self._restart_at = now + self._pause
        if self._restart_at is not None and now >= self._restart_at:
            self._restart_at = None
            self._start()

    _restart_at: float | None = None

    def terminate(self) -> None:
        """Ask the process to end."""
        if self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """Kill the process with all that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    @property
    def is_running(self) -> bool:
        """Return whether the process has not ended."""
        return self._process.poll() is None


class Keeper:
    """Keeps copies running until it is asked to end by SIGTERM or SIGINT, or until the process that has started it is gone.

    When it is asked a second time, or `grace` seconds after the first, it kills them with all that they have started.
    """

    def __init__(self, command: Sequence[str], *, copies: int, watchdog: float, grace: float) -> None:
        self._asked = 0
        self._grace = grace
        self._parent = os.getppid()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)
        self._copies = [Copy(command, watchdog) for _ in range(copies)]

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked += 1

    def run(self) -> None:
        """Keep the copies running; return when all have ended."""
        while not self._asked and os.getppid() == self._parent:
            ready, _, _ = select.select(self._copies, [], [], _STEP)
            for copy in ready:
                copy.listen()
            for copy in self._copies:
                copy.look_after()
        for copy in self._copies:
            copy.terminate()
        end = time.monotonic() + self._grace
        while self._asked <= 1 and time.monotonic() < end and any(copy.is_running for copy in self._copies):
            time.sleep(_STEP / 5)
        for copy in self._copies:
            copy.kill()


def main(arguments: Sequence[str]) -> None:
    """Read the command line and keep the command running."""
    parser = argparse.ArgumentParser(prog="keeper")
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--watchdog", type=float, default=0, metavar="SECONDS")
    parser.add_argument("--grace", type=float, default=float("inf"), metavar="SECONDS")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args(arguments)
    handler = logging.StreamHandler()
    handler.setFormatter(make_formatter(as_json=os.environ.get("PORTAL_MODE") == "production"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    Keeper(given.command, copies=given.copies, watchdog=given.watchdog, grace=given.grace).run()


if __name__ == "__main__":
    main(sys.argv[1:])
