"""The engine: measures a month's registers and judges them against a plan, set-based, in three statements."""

from __future__ import annotations

from django.db import connection, transaction

from periods.models import ReportingPeriod
from targets.engine.measures import measure_communities, measure_divisions
from targets.engine.results import judge_month
from targets.models import TargetPlan

__all__ = ["judge_month", "measure_and_judge", "measure_communities", "measure_divisions"]


def measure_and_judge(period: ReportingPeriod, plan: TargetPlan) -> None:
    """Replace the month's measures and results. Must run inside a transaction, so that nobody sees half of it."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("measure_and_judge must run inside a transaction.")
    measure_communities(period)
    measure_divisions(period)
    judge_month(period, plan)
