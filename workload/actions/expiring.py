"""Ending what has come to its end: items whose last day has passed."""

from __future__ import annotations

import datetime

from changzhi_portal.refusals import StaleError
from workload.flow import FLOW
from workload.models import WorkItem


def end_expired(day: datetime.date) -> int:
    """End the items whose 止 has come by `day`, and return how many. Running it twice ends nothing more."""
    ended = 0
    for item in WorkItem.objects.expired_by(day).order_by("pk"):
        try:
            FLOW.make(item, "expire", by=None)
        except StaleError:
            continue  # somebody has ended it meanwhile
        ended += 1
    return ended
