"""The months of the demo, and how much happens in each."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property

from periods.models import last_day_of, month_after

FIRST, LAST = datetime.date(2017, 11, 1), datetime.date(2020, 6, 1)
# The activity of a calendar month: low around the Spring Festival, high at the end of the year.
_BUSY = {1: 0.6, 2: 0.3, 3: 0.8, 4: 1.0, 5: 1.1, 6: 1.2, 7: 1.0, 8: 0.9, 9: 1.1, 10: 1.1, 11: 1.3, 12: 1.6}
# The epidemic of spring 2020, and the months after it in which offices catch up.
_EXTRAORDINARY = {
    datetime.date(2020, 2, 1): 0.05,
    datetime.date(2020, 3, 1): 0.2,
    datetime.date(2020, 5, 1): 1.6,
    datetime.date(2020, 6, 1): 1.9,
}


def busyness(month: datetime.date) -> float:
    """Return the activity of a month relative to an ordinary one (1.0)."""
    return _EXTRAORDINARY.get(month, _BUSY[month.month])


def months_from(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """Return the first days of the months from `first` to `last`, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [month_after(first, number) for number in range(count)]


def progress_until(month: datetime.date) -> float:
    """Return the share (0–1) of the activity from December 2017 to June 2020 that lies before the end of `month`."""
    done = sum(busyness(each) for each in months_from(month_after(FIRST), month))
    return done / sum(busyness(each) for each in months_from(month_after(FIRST), LAST))


@dataclass(frozen=True)
class Span:
    """The months of one demo. All but the last two are locked; the last but one is in arrears, the last in hand."""

    first: datetime.date = FIRST
    last: datetime.date = LAST

    @cached_property
    def months(self) -> list[datetime.date]:
        """Return the first days of all months in order."""
        return months_from(self.first, self.last)

    @property
    def later(self) -> list[datetime.date]:
        """Return the months after the first, in which only changes are sent."""
        return self.months[1:]

    @property
    def day(self) -> datetime.date:
        """Return the last day of the first month, on which the first files' records are current."""
        return last_day_of(self.first)

    @property
    def in_arrears(self) -> datetime.date:
        """Return the month before the last: overdue, not locked, and not reported by every county."""
        return self.months[-2]

    def is_locked(self, month: datetime.date) -> bool:
        """Return whether the demo locks the month."""
        return month < self.in_arrears
