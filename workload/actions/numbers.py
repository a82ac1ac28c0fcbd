"""Numbers of work items: county, year and a serial, such as 140402-2018-0003."""

from __future__ import annotations

import datetime
import re

from communities.models import Division
from workload.models import WorkItem

_SERIAL_LENGTH = 4
_LAST_DRAWN = 9999


def draw_number(division: Division, day: datetime.date) -> str:
    """Return the next number of the county of a division, of the city for one of its own departments.

    Must run inside the transaction that saves the item: the county's row is held until it ends, so that nobody draws the
    same number, and a transaction that fails leaves no gap. A number that an office has typed in its sheet takes no serials
    away: one beyond four digits is only passed over.
    """
    area = division.parent if division.level == Division.Level.TOWN and division.parent is not None else division
    Division.objects.select_for_update(of=("self",), no_key=True).get(pk=area.pk)
    begins = f"{area.code}-{day.year}-"
    drawn = re.compile(rf"{re.escape(begins)}(\d{{{_SERIAL_LENGTH},9}})")
    numbers = WorkItem.objects.filter(number__startswith=begins).values_list("number", flat=True)
    taken = {int(found[1]) for number in numbers if (found := drawn.fullmatch(number))}
    serial = max((each for each in taken if each <= _LAST_DRAWN), default=0) + 1
    while serial in taken:
        serial += 1
    return f"{begins}{serial:0{_SERIAL_LENGTH}}"
