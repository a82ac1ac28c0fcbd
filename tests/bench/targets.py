"""Measuring a month: against a handwritten script that gives the same numbers, by size, and on SQLite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from periods.models import ReportingPeriod, parse_month
from targets.actions import compute_period
from targets.models import CommunityMeasure, DivisionMeasure, TargetResult
from tests.bench import registers

MONTH = "2018-06"
COMMUNITIES = 600_000
CITY = 3_600
WRITTEN = (CommunityMeasure, DivisionMeasure, TargetResult)
BY_HAND = (Path(__file__).parent / "by_hand.sql").read_text(encoding="utf-8")


def run(communities: int = COMMUNITIES) -> None:
    """Print the table of sizes, each with the handwritten script, and the city on SQLite."""
    print(f"== targets: measures and results of one month, {connection.vendor}")
    # First, while the disk is not busy with the rest.
    print(f"city size on SQLite                {_seconds_on_sqlite():>9.2f} s  (asked: ≤ 1)", flush=True)
    period = ReportingPeriod.objects.for_month(parse_month(MONTH))
    _begin()
    sizes = sorted({CITY, *(size for size in (communities // 16, communities // 4) if size > CITY), communities})
    print(
        f"{'communities':>12} {'first':>8} {'again':>8} {'µs each':>8}   {'by hand':>8} {'again':>8}   ratio (asked: ≤ 1.5)"
    )
    filled = 0
    for size in sizes:
        registers.fill(filled, size)
        filled = size
        _measure(period, size)
    print(f"({registers.counted()})")


def _measure(period: ReportingPeriod, size: int) -> None:
    """Print one line: both ways into empty tables, and again over existing rows; then compare the numbers.

    Each way runs twice, in turns, and the shorter time counts, because other programs can only slow it down.
    """
    ways = {"ours": lambda: compute_period(period), "hand": lambda: _by_hand(period)}
    first, again = dict.fromkeys(ways, float("inf")), dict.fromkeys(ways, float("inf"))
    for order in (("ours", "hand"), ("hand", "ours")):
        _empty()
        for name in order:
            first[name] = min(first[name], _seconds(ways[name]))
            again[name] = min(again[name], _seconds(ways[name]))
        _same_numbers()
    print(
        f"{size:>12,} {first['ours']:>7.2f} s {again['ours']:>6.2f} s {first['ours'] / size * 1_000_000:>8.1f}"
        f"   {first['hand']:>6.2f} s {again['hand']:>6.2f} s"
        f"   {first['ours'] / first['hand']:.2f}, again {again['ours'] / again['hand']:.2f}",
        flush=True,
    )


def _begin() -> None:
    """Delete other tables' rows, and create the tables of the handwritten script with our constraints."""
    registers.empty()
    with connection.cursor() as cursor:
        for model in WRITTEN:
            ours = model._meta.db_table
            cursor.execute(f"DROP TABLE IF EXISTS {_by_hand_table(model)}")
            cursor.execute(f"CREATE TABLE {_by_hand_table(model)} (LIKE {ours} INCLUDING ALL)")
            cursor.execute(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass",
                [ours],
            )
            for name, definition in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {_by_hand_table(model)} ADD CONSTRAINT hand_{name[:50]} {definition}")


def _empty() -> None:
    with connection.cursor() as cursor:
        for model in WRITTEN:
            cursor.execute(f"TRUNCATE {model._meta.db_table}, {_by_hand_table(model)}")


def _by_hand_table(model: Any) -> str:
    return f"hand_{model._meta.model_name}"


def _by_hand(period: ReportingPeriod) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in BY_HAND.split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"period": period.pk, "day": period.as_of})


def _same_numbers() -> None:
    """Fail unless both ways have written the same rows, apart from their keys."""
    with connection.cursor() as cursor:
        for model in WRITTEN:
            columns = ", ".join(
                connection.ops.quote_name(field.column)
                for field in model._meta.concrete_fields
                if not field.primary_key
            )
            ours, hand = (
                f"SELECT {columns} FROM {model._meta.db_table}",
                f"SELECT {columns} FROM {_by_hand_table(model)}",
            )
            for one, other in ((ours, hand), (hand, ours)):
                cursor.execute(f"({one}) EXCEPT ({other}) LIMIT 5")
                different = cursor.fetchall()
                assert not different, f"{model._meta.db_table}: {different}"
            cursor.execute(f"SELECT (SELECT count(*) FROM ({ours}) AS o), (SELECT count(*) FROM ({hand}) AS h)")
            numbers = cursor.fetchone()
            assert numbers[0] == numbers[1] > 0, (model._meta.db_table, numbers)


def _seconds(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _seconds_on_sqlite() -> float:
    """Return the seconds of the city's month in its own process and database."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.one_city"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": f"sqlite:///{folder}/city.sqlite3", "REDIS_URL": "", "VAR_DIR": folder},
            capture_output=True,
            text=True,
            check=True,
        )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return float(result["seconds"])
