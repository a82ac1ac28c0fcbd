"""The newest seal, kept outside the database: whoever cuts the chain's end off, or restores an old database, is found.

`VAR_DIR/trail/head` holds the newest seal, `VAR_DIR/trail/heads.log` one of each hour, and all that did not fit.
"""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import NamedTuple

from django.utils import timezone

from changelog.trail.spool import trail_dir

_BETWEEN_LINES = datetime.timedelta(hours=1)


class Head(NamedTuple):
    """A seal: its number, its code, and when it was kept."""

    seq: int
    mac: str
    kept_at: datetime.datetime

    def line(self) -> str:
        """Return the head as a line of text."""
        return f"{self.seq} {self.mac} {self.kept_at.astimezone(datetime.UTC).isoformat(timespec='seconds')}\n"

    @classmethod
    def of_line(cls, line: str) -> Head:
        """Return the head that a line holds; raises ValueError."""
        seq, mac, kept_at = line.split()
        return cls(int(seq), mac, datetime.datetime.fromisoformat(kept_at))


def newest_head() -> Head | None:
    """Return the head that was kept last; None before the first."""
    try:
        return Head.of_line((trail_dir() / "head").read_text())
    except FileNotFoundError:
        return None


class KeptHeads(NamedTuple):
    """All heads that were kept, the oldest first, and how many lines are none: cut off by a crash, or written over."""

    heads: list[Head]
    unreadable: int


def kept_heads() -> KeptHeads:
    """Return what is kept in both files."""
    heads, unreadable = [], 0
    for path in (_log(), trail_dir() / "head"):
        for line in path.read_text(errors="replace").splitlines() if path.exists() else ():
            try:
                heads.append(Head.of_line(line))
            except ValueError:
                unreadable += 1
    return KeptHeads(heads, unreadable)


def keep_head(seq: int, mac: str) -> None:
    """Keep a seal as the newest head. Raises OSError."""
    head = Head(seq, mac, timezone.now())
    path = trail_dir() / "head"
    draft = path.with_name(f".head.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(head.line())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    try:
        is_due = head.kept_at.timestamp() - _log().stat().st_mtime >= _BETWEEN_LINES.total_seconds()
    except FileNotFoundError:
        is_due = True
    if is_due:
        log_head(head)


def log_head(head: Head) -> None:
    """Add a head to the list that is never shortened. Raises OSError."""
    with os.fdopen(os.open(_log(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
        file.write(head.line())


def _log() -> Path:
    return trail_dir() / "heads.log"
