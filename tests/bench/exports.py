"""Exports of a list: all organizations as .xlsx and .csv, beside django-import-export's own export of the same rows.

Each is made by a process of its own, so that its memory is its own; the rival's resource names the columns of the list and reads the
rows that the list reads.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from django.db import connection

from accounts.models import Role, User
from communities.models import Division
from tests.bench import api

TIMES = 3
USERNAME = "bench_exporter"  # one_export.py exports as this user


def run(rows: int = api.ROWS) -> None:
    """Print the table of exports of so many organizations."""
    print(f"== exports, {connection.vendor}, {rows:,} organizations")
    user = User.objects.filter(username=USERNAME).first() or User(username=USERNAME)
    user.role, user.division, user.must_change_password = Role.BUREAU_OFFICER, Division.objects.by_code("140400"), False
    user.save()
    api.ROWS = rows
    api._fill()
    found = {what: [_measured(what) for _ in range(TIMES)] for what in ("xlsx", "csv", "json", "rival")}
    best = {what: min(each, key=lambda one: one["seconds"]) for what, each in found.items()}
    for what, title, asked in (
        ("xlsx", ".xlsx of the list", "(asked: ≤ 150 MB)"),
        ("csv", ".csv", "(asked: ≤ 10 s, ≤ 150 MB)"),
        ("json", ".json", "(asked: ≤ 150 MB)"),
        ("rival", ".xlsx by django-import-export itself", ""),
    ):
        one = best[what]
        print(
            f"{title:<38} {one['seconds']:>6.1f} s, {one['megabytes']:>5.0f} MB above its start, {one['bytes']:,} bytes  {asked}"
        )
    ratio = best["rival"]["seconds"] / best["xlsx"]["seconds"]
    print(f".xlsx: {ratio:.2f} × the library's own export  (asked: ≥ 1.7)")


def _measured(what: str) -> dict[str, float]:
    """Return what a process of its own says of one export."""
    command = [sys.executable, "-m", "tests.bench.one_export", what]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    return json.loads(done.stdout.splitlines()[-1])
