"""The months that the demo plays through, and how much happens in each."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property

from periods.models import last_day_of, month_after

FIRST, LAST = datetime.date(2017, 11, 1), datetime.date(2020, 6, 1)
# How busy a calendar month is: little happens around the Spring Festival, much is finished at the year's end.
_BUSY = {1: 0.6, 2: 0.3, 3: 0.8, 4: 1.0, 5: 1.1, 6: 1.2, 7: 1.0, 8: 0.9, 9: 1.1, 10: 1.1, 11: 1.3, 12: 1.6}
# The spring of the epidemic, and what was made up for afterwards.
_EXTRAORDINARY = {
    datetime.date(2020, 2, 1): 0.05,
    datetime.date(2020, 3, 1): 0.2,
    datetime.date(2020, 5, 1): 1.6,
    datetime.date(2020, 6, 1): 1.9,
}


def busyness(month: datetime.date) -> float:
    """How much gets done in a month; 1 is an ordinary one."""
    return _EXTRAORDINARY.get(month, _BUSY[month.month])


def months_from(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """The first days of the months, both ends included."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [month_after(first, number) for number in range(count)]


def progress_until(month: datetime.date) -> float:
    """Which share of all that is done between the plan's first month and June 2020 is done by the end of `month`."""
    done = sum(busyness(each) for each in months_from(month_after(FIRST), month))
    return done / sum(busyness(each) for each in months_from(month_after(FIRST), LAST))


@dataclass(frozen=True)
class Span:
    """The months of one demo. All but the last two get locked; the last but one is in arrears, the last in hand."""

    first: datetime.date = FIRST
    last: datetime.date = LAST

    @cached_property
    def months(self) -> list[datetime.date]:
        """All of them, in order."""
        return months_from(self.first, self.last)

    @property
    def later(self) -> list[datetime.date]:
        """Those after the first, in which only what has changed is sent."""
        return self.months[1:]

    @property
    def day(self) -> datetime.date:
        """The last day of the first month: what comes with the first files stood then."""
        return last_day_of(self.first)

    @property
    def in_arrears(self) -> datetime.date:
        """The month that is over, not locked yet, and still owed by some county."""
        return self.months[-2]

    def is_locked(self, month: datetime.date) -> bool:
        """Whether the month gets locked."""
        return month < self.in_arrears
