"""Background work of the targets: thin tasks that call an action."""

from __future__ import annotations

from celery import shared_task

from changzhi_portal.celery import Queue
from targets.actions import MEASURE_EVERY, measure_if_due, periods_to_measure


@shared_task(name="targets.tasks.measure_stale_periods", queue=Queue.TARGETS)
def measure_stale_periods() -> None:
    """Send every month that is due to be measured; beat calls this every few seconds."""
    for period in periods_to_measure():
        # A message that nobody has taken for a while is dropped: beat sends another as long as the month is due.
        measure_period.apply_async((period.pk,), expires=MEASURE_EVERY.total_seconds())


@shared_task(name="targets.tasks.measure_period", queue=Queue.TARGETS)
def measure_period(period_id: int) -> None:
    """Measure one month if it is still due; safe to run twice."""
    measure_if_due(period_id=period_id)
