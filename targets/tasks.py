"""Background work of the targets: thin tasks that call an action."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts import notices
from changzhi_portal.celery import Queue
from targets.actions import (
    COMPARE_EVERY,
    MEASURE_EVERY,
    compare_if_due,
    locked_periods_to_compare,
    measure_if_due,
    open_months_begun,
    periods_to_measure,
)
from targets.reminders import remind_automatically


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


@shared_task(name="targets.tasks.turn_the_calendar", queue=Queue.TARGETS)
def turn_the_calendar() -> None:
    """Open the months that have begun, and remind the counties that owe one; beat calls this every few minutes.

    The calendar of a demo stands still: its months are long past, and an empty present one would hide them.
    """
    if settings.DEMO:
        return
    open_months_begun(day=timezone.localdate())
    remind_automatically(moment=timezone.now())


@shared_task(name="targets.tasks.send_waiting_mail", queue=Queue.TARGETS)
def send_waiting_mail() -> None:
    """Send the e-mail of notices that wait for it; beat calls this every minute, and whoever writes notices hints at it."""
    notices.send_waiting_mail()


@shared_task(name="targets.tasks.compare_stale_locked_months", queue=Queue.TARGETS)
def compare_stale_locked_months() -> None:
    """Send every locked month that registers have changed after, to find 锁定后变动; beat calls this every minute."""
    for period in locked_periods_to_compare():
        compare_locked_month.apply_async((period.pk,), expires=COMPARE_EVERY.total_seconds())


@shared_task(name="targets.tasks.compare_locked_month", queue=Queue.TARGETS)
def compare_locked_month(period_id: int) -> None:
    """Compare one locked month if it is still due; safe to run twice."""
    compare_if_due(period_id=period_id)
