"""The engine: measures a month's registers and judges the measures by a plan, in SQL statements over whole tables.

Each register is read once, into temporary tables of the transaction. The new measures and results are compared with the
stored rows, and only rows that differ are written.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection, transaction

from changzhi_portal.figures import Figure, declared_figures
from periods.models import ReportingPeriod
from targets.engine.figures import add_up_figures
from targets.engine.map_of_day import map_of
from targets.engine.measures import counted_tables, measure_communities, measure_divisions
from targets.engine.results import judge_month
from targets.engine.sql import create_temp_tables, drop_temp_tables
from targets.models import TargetPlan

__all__ = ["measure_and_judge", "refresh_and_judge"]

# What PostgreSQL may use for sorting and hashing a table in this transaction. A city needs a fraction of it.
_WORK_MEM = "128MB"


def measure_and_judge(period: ReportingPeriod, plan: TargetPlan) -> None:
    """Update the month's measures, figures and results.

    Raises TransactionManagementError outside a transaction: partial results must never be visible.
    """
    _refuse_outside_transaction()
    tables = [*map_of(period.as_of), *counted_tables(period.as_of)]
    create_temp_tables(*tables)
    measure_communities(period)
    measure_divisions(period)
    add_up_figures(period, declared_figures())
    # `judge_month` builds the map tables itself, since it is also called without measuring.
    drop_temp_tables(*(part.name for part in reversed(tables)))
    judge_month(period, plan)


def refresh_and_judge(period: ReportingPeriod, plan: TargetPlan, figures: Collection[Figure]) -> bool:
    """Update some figures of a measured month, and its results where that changed any; return whether it did.

    Raises TransactionManagementError outside a transaction.
    """
    _refuse_outside_transaction()
    tables = map_of(period.as_of)
    create_temp_tables(*tables)
    changed = add_up_figures(period, figures, keep_others=True)
    drop_temp_tables(*(part.name for part in reversed(tables)))
    if changed:
        judge_month(period, plan)
    return bool(changed)


def _refuse_outside_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A month must be measured inside a transaction.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{_WORK_MEM}'")
