"""Functions that fill a trail, alter it as who has the database's password would, and check an export of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.models import User
from changelog.actions import begin_change_set, change_of, log_changes
from changelog.models import TrailKind
from changelog.trail import record_event, seal_waiting
from tests.factories import Place, make_worker

CHECKER = settings.BASE_DIR / "scripts" / "check_trail.py"


def fill(user: User, place: Place, events: int = 40, changes: int = 10) -> None:
    """Record events and change sets of two records each, and seal them."""
    worker = make_worker(place.communities[0])
    for number in range(events):
        record_event(TrailKind.VIEWED, by=user, about=worker, rows=number, detail={"n": number})
    for number in range(changes):
        change_set = begin_change_set(by=user, summary=f"修改{number}")
        change = change_of(worker, division=user.division.pk, before={"note": "旧"}, after={"note": f"新{number}"})
        log_changes(change_set, [change, change._replace(object_label="另一条")])
    seal_waiting()


def execute(sql: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


def check(path: Path, keys: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", CHECKER, path, "--keys", keys, *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr
