"""Writes of the calendar."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager

from changzhi_portal.refusals import PortalError
from periods.models import ReportingPeriod


@contextmanager
def period_for_work(*, month: datetime.date) -> Iterator[ReportingPeriod]:
    """Give the period of a month for some work on it, adding the month to the calendar when it is not there yet.

    A month that was added stays out of the calendar when the work is refused (PortalError).
    """
    is_known = ReportingPeriod.objects.filter(month=month.replace(day=1)).exists()
    period = ReportingPeriod.objects.for_month(month)
    try:
        yield period
    except PortalError:
        if not is_known:
            period.delete()
        raise
