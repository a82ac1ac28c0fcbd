"""The engine: measures a month's registers and judges them against a plan, set-based.

The registers are read once each, into temporary tables of the transaction; the measures and results that follow from
them are compared with what is there, and only what differs is written.
"""

from __future__ import annotations

from django.db import connection, transaction

from periods.models import ReportingPeriod
from targets.engine.map_of_day import map_of
from targets.engine.measures import counted_tables, measure_communities, measure_divisions
from targets.engine.results import judge_month
from targets.engine.sql import create_temp_tables, drop_temp_tables
from targets.models import TargetPlan

__all__ = ["measure_and_judge"]

# What PostgreSQL may use for sorting and hashing a table in this transaction. A city needs a fraction of it.
_WORK_MEM = "128MB"


def measure_and_judge(period: ReportingPeriod, plan: TargetPlan) -> None:
    """Bring the month's measures and results up to date. Must run inside a transaction: nobody sees half of it."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("measure_and_judge must run inside a transaction.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{_WORK_MEM}'")
    tables = [*map_of(period.as_of), *counted_tables(period.as_of)]
    create_temp_tables(*tables)
    measure_communities(period)
    measure_divisions(period)
    # Judging draws the map for itself: others judge without measuring.
    drop_temp_tables(*(part.name for part in reversed(tables)))
    judge_month(period, plan)
