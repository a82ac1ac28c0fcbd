"""Figures of divisions of a month: against a handwritten script that gives the same numbers, at the size of a city."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Collection
from pathlib import Path

from django.db import connection, transaction

from changzhi_portal.figures import Figure, declared_figure, declared_figures
from periods.models import ReportingPeriod, parse_month
from targets.actions import compute_period
from targets.engine.figures import add_up_figures
from targets.engine.map_of_day import map_of
from targets.engine.sql import create_temp_tables, drop_temp_tables
from targets.models import FigureResult
from tests.bench import linked_rows, registers

MONTH = "2018-06"
CITY = 3_600
TIMES = 5
BY_HAND = (Path(__file__).parent / "figures_by_hand.sql").read_text(encoding="utf-8")
HAND = "hand_figureresult"
# What the script counts: bodies, facilities, monthly counts, surveys and work items.
COUNTED = (
    *("bodies_complete", "five_functions", "multi_use", "facility_cover", "area_opened"),
    *("signs", "ledgers", "meetings", "inspections", "certificates", "leaders"),
    *("signs_change", "ledgers_change", "meetings_change", "inspections_change", "certificates_change"),
    *("satisfaction", "satisfaction_score", "surveyed"),
    *("work_items", "funded", "funds_per_community", "item_decisions", "item_on_time", "item_days"),
)


def run(communities: int = CITY) -> None:
    """Print the seconds of all figures of a month, of the whole month, and of the script."""
    figures = [declared_figure(code) for code in COUNTED]
    others = len(declared_figures()) - len(figures)
    print(
        f"== figures: {len(figures)} figures of divisions of one month (without {others} others), {connection.vendor}"
    )
    registers.empty()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {HAND}")
        cursor.execute(f"CREATE TABLE {HAND} (LIKE {FigureResult._meta.db_table} INCLUDING ALL)")
    registers.fill(0, communities)
    linked_rows.fill_linked()
    period = ReportingPeriod.objects.for_month(parse_month(MONTH))
    whole = _seconds(lambda: compute_period(period))
    ways: dict[str, Callable[[], None]] = {"ours": lambda: _ours(period, figures), "hand": lambda: _by_hand(period)}
    taken: dict[str, list[float]] = {"ours": [], "hand": []}
    for _ in range(TIMES):
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {FigureResult._meta.db_table}, {HAND}")
        for name, way in ways.items():
            taken[name].append(_seconds(way))
        _same_numbers()
    ours, hand = statistics.median(taken["ours"]), statistics.median(taken["hand"])
    print(f"({registers.counted()}; {linked_rows.counted()})")
    every = min(_seconds(lambda: _ours(period, declared_figures())) for _ in range(2))
    print(f"these figures, into an empty table   {ours:>9.2f} s  (asked: ≤ 2)")
    print(f"the script by hand                 {hand:>9.2f} s")
    print(f"  ratio                            {ours / hand:>9.2f} ×   (asked: ≤ 1.5)")
    print(f"every figure that is declared      {every:>9.2f} s  (asked: ≤ 2; registers of the others are empty)")
    print(f"the whole month, the first time    {whole:>9.2f} s")
    _slowest(period)


def _ours(period: ReportingPeriod, figures: Collection[Figure]) -> None:
    with transaction.atomic():
        tables = map_of(period.as_of)
        create_temp_tables(*tables)
        add_up_figures(period, figures)
        drop_temp_tables(*(part.name for part in reversed(tables)))


def _by_hand(period: ReportingPeriod) -> None:
    days = {
        "day": period.as_of,
        "month": period.month,
        "january": period.month.replace(month=1),
        "december": period.month.replace(year=period.month.year - 1, month=12),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in BY_HAND.split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"period": period.pk, **days})


def _same_numbers() -> None:
    """Fail unless both ways have written the same rows, apart from their keys."""
    columns = ", ".join(
        connection.ops.quote_name(field.column) for field in FigureResult._meta.concrete_fields if not field.primary_key
    )
    ours, hand = f"SELECT {columns} FROM {FigureResult._meta.db_table}", f"SELECT {columns} FROM {HAND}"
    with connection.cursor() as cursor:
        for one, other in ((ours, hand), (hand, ours)):
            cursor.execute(f"({one}) EXCEPT ({other}) LIMIT 5")
            different = cursor.fetchall()
            assert not different, different
        cursor.execute(f"SELECT count(*) FROM {HAND}")
        assert cursor.fetchone()[0] > 0


def _slowest(period: ReportingPeriod) -> None:
    """Print the figures that take longest, each alone."""
    taken = {}
    for figure in declared_figures():
        with transaction.atomic():
            tables = map_of(period.as_of)
            create_temp_tables(*tables)
            taken[figure.code] = _seconds(lambda figure=figure: add_up_figures(period, [figure], keep_others=True))
            drop_temp_tables(*(part.name for part in reversed(tables)))
    slowest = sorted(taken, key=taken.__getitem__, reverse=True)[:5]
    print("slowest: " + ", ".join(f"{code} {taken[code] * 1000:.0f} ms" for code in slowest))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
