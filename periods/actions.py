"""Actions of the calendar of months."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager

from changzhi_portal.refusals import PortalError
from periods.models import ReportingPeriod


@contextmanager
def period_for_work(*, month: datetime.date) -> Iterator[ReportingPeriod]:
    """Yield the period of a month, creating it if the calendar does not have it.

    If the body raises PortalError, a period created here is deleted again.
    """
    is_known = ReportingPeriod.objects.filter(month=month.replace(day=1)).exists()
    period = ReportingPeriod.objects.for_month(month)
    try:
        yield period
    except PortalError:
        if not is_known:
            period.delete()
        raise
