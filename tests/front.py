"""nginx and the web process, started as the Procfile says, with a VAR_DIR and a database of the caller's."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

STARTS_WITHIN = 90  # seconds


def command_of(name: str, folder: Path) -> str:
    """Return the command of a process in the Procfile of a build."""
    found = re.search(rf"^{name}: (.*)$", (folder / "Procfile").read_text(), re.MULTILINE)
    assert found is not None, name
    return found[1]


@contextlib.contextmanager
def started(
    name: str, folder: Path, environment: Mapping[str, str], *, output: Any = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process of the Procfile until the context ends. `output` is the file that its lines are written to."""
    process = subprocess.Popen(
        ["bash", "-c", command_of(name, folder)],
        cwd=folder,
        env=dict(environment),
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def wait_for_socket(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the web process listens. Raises TimeoutError."""
    _wait(process, lambda: _connects(socket.AF_UNIX, str(path)))


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until nginx listens. Raises TimeoutError."""
    _wait(process, lambda: _connects(socket.AF_INET, ("127.0.0.1", port)))


def free_port() -> int:
    """Return a free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _connects(family: int, address: Any) -> bool:
    with contextlib.suppress(OSError), socket.socket(family) as probe:
        probe.connect(address)
        return True
    return False


def _wait(process: subprocess.Popen[bytes], is_up: Any) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        if is_up():
            return
        time.sleep(0.05)
    raise TimeoutError(f"{process.args!r} did not start within {STARTS_WITHIN} s.")
