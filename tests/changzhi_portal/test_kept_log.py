"""Tests of the log file of `make run`: continued, rotated by size, and never the end of the portal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from changzhi_portal import kept_log


def run(path: Path, text: bytes, *, most_bytes: int = kept_log.MOST_BYTES) -> bytes:
    """Return what the process writes to standard output for this input."""
    program = f"from changzhi_portal import kept_log; kept_log.keep({str(path)!r}, most_bytes={most_bytes})"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=settings.BASE_DIR, input=text, capture_output=True, timeout=60, check=True
    )
    assert done.stderr == b""
    return done.stdout


def test_a_second_start_continues_the_log(tmp_path: Path) -> None:
    log = tmp_path / "portal.log"
    assert run(log, "第一次启动 %s\n".encode()) == "第一次启动 %s\n".encode()
    run(log, "第二次启动\n".encode() + b"\xff\n")
    assert log.read_text() == "第一次启动 %s\n第二次启动\n\\xff\n"


def test_a_large_log_is_rotated_and_the_oldest_lines_are_dropped(tmp_path: Path) -> None:
    log = tmp_path / "portal.log"
    lines = [f"line {number:04}\n" for number in range(200)]
    run(log, "".join(lines).encode(), most_bytes=100)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 1 + kept_log.OLDER_FILES
    assert all(file.stat().st_size <= 100 for file in files)
    newest_last = "".join(file.read_text() for file in [*sorted(files[1:], reverse=True), log])
    assert "".join(lines).endswith(newest_last)


@pytest.mark.parametrize("name", ["gone/portal.log", "."])
def test_a_log_that_cannot_be_written_does_not_stop_the_portal(name: str, tmp_path: Path) -> None:
    assert run(tmp_path / name, b"one\ntwo\n") == b"one\ntwo\n"


def test_the_start_script_keeps_the_log_this_way() -> None:
    script = (settings.BASE_DIR / "scripts" / "run_portal").read_text()
    assert '-m changzhi_portal.kept_log "$var/portal.log"' in script
