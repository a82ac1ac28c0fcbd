"""Numbers of work items: county, year and a serial, such as 140402-2018-0003."""

from __future__ import annotations

import datetime

from changzhi_portal.serials import next_number
from communities.models import Division
from workload.models import WorkItem


def draw_number(division: Division, day: datetime.date) -> str:
    """Return the next number of the county of a division, of the city for one of its own departments.

    Must run inside the transaction that saves the item: the county's row is held until it ends, so that nobody draws the
    same number, and a transaction that fails leaves no gap.
    """
    area = division.parent if division.level == Division.Level.TOWN and division.parent is not None else division
    Division.objects.select_for_update(of=("self",), no_key=True).get(pk=area.pk)
    begins = f"{area.code}-{day.year}-"
    return next_number(begins, WorkItem.objects.filter(number__startswith=begins).values_list("number", flat=True))
