"""Running a module of ours in a limited process of its own, so that no file can take the portal down with it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from uploads.reading.refusal import refuse

_PROJECT: Final = Path(__file__).resolve().parents[2]
_OUT_OF_MEMORY: Final = (b"memory allocation of", b"MemoryError")
_PATIENCE: Final = 5  # seconds beyond the limit of processor time until the process is killed

logger = logging.getLogger(__name__)


def nameless_file(purpose: str) -> IO[bytes]:
    """Open a file that a child reads or writes; in memory if the system can, because cells may hold personal data."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create(purpose), "w+b")
    return tempfile.TemporaryFile()


def run_limited(
    module: str, arguments: Sequence[str], *, seconds: int, answer: IO[bytes], given: IO[bytes] | None = None
) -> None:
    """Run `python -m module` until it ends; it reads `given` from standard input and writes `answer` to standard output.

    The module itself sets its limits of memory and processor time (`uploads.reading.child.limit_resources`). Raises
    FileRefusedError when it fails, is killed or takes too long.
    """
    try:
        # No shell, our own module, and an environment without the portal's secrets.
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-s", "-E", "-m", module, *arguments],
            cwd=_PROJECT,
            env={"PATH": os.environ.get("PATH", ""), "RUST_BACKTRACE": "0"},
            stdin=given if given is not None else subprocess.DEVNULL,
            stdout=answer,
            stderr=subprocess.PIPE,
            timeout=seconds + _PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise refuse("seconds", seconds=seconds) from error
    if done.returncode == 0:
        return
    last_line = done.stderr.strip().rpartition(b"\n")[2][:200].decode("utf-8", "replace")
    logger.warning("%s failed: status %s, %s", module, done.returncode, last_line)
    if done.returncode == -signal.SIGXCPU:
        raise refuse("seconds", seconds=seconds)
    if any(sign in done.stderr for sign in _OUT_OF_MEMORY):
        raise refuse("memory")
    raise refuse("damaged")
