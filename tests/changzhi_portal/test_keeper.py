"""The keeper: what has ended or hangs is replaced, and nothing outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from tests.faults.processes import wait_until

# Notes its id, starts a child, says that it works as long as the file `silent` is missing, and ends at SIGTERM.
PROGRAM = """
import os, pathlib, socket, subprocess, sys, time
folder = pathlib.Path(sys.argv[1])
child = subprocess.Popen(["sleep", "600"])
(folder / f"{os.getpid()}.up").write_text(str(child.pid))
address = os.environ.get("NOTIFY_SOCKET", "").replace("@", chr(0), 1)
messenger = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
while True:
    if address and not (folder / "silent").exists():
        messenger.sendto(b"WATCHDOG=1", address)
    time.sleep(0.1)
"""


@contextmanager
def kept(folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    keeper = subprocess.Popen(
        [sys.executable, "-m", "changzhi_portal.keeper", *options, sys.executable, "-c", PROGRAM, str(folder)],
        cwd=settings.BASE_DIR,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield keeper
    finally:
        keeper.kill()
        keeper.wait()


def started(folder: Path) -> dict[int, int]:
    """Return the copies that have ever run, with the child of each."""
    found = {path: path.read_text() for path in folder.glob("*.up")}
    return {int(path.stem): int(text) for path, text in found.items() if text}


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_a_killed_copy_is_replaced_and_what_it_had_started_ends(tmp_path: Path) -> None:
    with kept(tmp_path, "--copies", "2"):
        wait_until(lambda: len(started(tmp_path)) == 2, what="two copies")
        first, child = next(iter(started(tmp_path).items()))
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: len(started(tmp_path)) == 3, seconds=15, what="another copy")
        wait_until(lambda: not lives(child), seconds=5, what="the end of the child")
        assert sum(lives(pid) for pid in started(tmp_path)) == 2


def test_a_copy_that_says_no_more_that_it_works_is_replaced(tmp_path: Path) -> None:
    with kept(tmp_path, "--watchdog", "2"):
        wait_until(lambda: len(started(tmp_path)) == 1, what="a copy")
        time.sleep(3)
        assert len(started(tmp_path)) == 1, "it says that it works"
        (tmp_path / "silent").touch()
        wait_until(lambda: len(started(tmp_path)) == 2, seconds=15, what="another copy")


def test_copies_end_with_their_keeper(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        folder = tmp_path / str(int(number))
        folder.mkdir()
        with kept(folder) as keeper:
            wait_until(lambda folder=folder: len(started(folder)) == 1, what="a copy")  # type: ignore[misc]
            keeper.send_signal(number)
            keeper.wait(timeout=15)
            [pid] = started(folder)
            wait_until(lambda pid=pid: not lives(pid), seconds=5, what="the end of the copy")  # type: ignore[misc]


def test_a_keeper_ends_when_the_process_that_has_started_it_is_gone(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "changzhi_portal.keeper", sys.executable, "-c", PROGRAM, str(tmp_path)]
    program = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", program, *command], cwd=settings.BASE_DIR) as starter:
        wait_until(lambda: len(started(tmp_path)) == 1, what="a copy")
        [pid] = started(tmp_path)
        keeper = int(Path(f"/proc/{pid}/stat").read_text().split()[3])
        starter.kill()
    wait_until(lambda: not lives(pid) and not lives(keeper), seconds=15, what="the end of both")
