"""Working days of China, with days off that are worked and moved ones (调休), and the deadlines counted in them.

The State Council announces the days off of a year in the November before. For years that the package chinesecalendar
does not know, days are judged by weekends alone, and `ESTIMATED` says so beside the deadline. A deadline is stored where
it is given, never computed again: the spring holiday of 2020 was prolonged afterwards.
"""

from __future__ import annotations

import datetime
from typing import Final

import chinese_calendar
from chinese_calendar import constants

ESTIMATED: Final = "放假安排尚未公布，期限按周末推算。"
_FIRST_YEAR: Final = min(constants.holidays).year
_LAST_YEAR: Final = max(constants.holidays).year
_SATURDAY: Final = 5
_ONE_DAY: Final = datetime.timedelta(days=1)


def is_announced(year: int) -> bool:
    """Return whether the days off of a year are known."""
    return _FIRST_YEAR <= year <= _LAST_YEAR


def is_workday(day: datetime.date) -> bool:
    """Return whether offices work on `day`; in a year that is not announced, whether it is no Saturday or Sunday."""
    if not is_announced(day.year):
        return day.weekday() < _SATURDAY
    return bool(chinese_calendar.is_workday(day))


def deadline(start: datetime.date, workdays: int) -> datetime.date:
    """Return the last day of a limit of working days that begins on `start`, which does not count (民法典第201条).

    Raises ValueError for a limit of less than one day.
    """
    if workdays < 1:
        raise ValueError(f"A limit has at least one working day, not {workdays}.")
    day, left = start, workdays
    while left:
        day += _ONE_DAY
        left -= is_workday(day)
    return day


def workdays_between(start: datetime.date, end: datetime.date) -> int:
    """Return the number of working days after `start` up to and including `end`; 0 if `end` is not after `start`."""
    days = (end - start).days
    return sum(is_workday(start + _ONE_DAY * number) for number in range(1, days + 1))


def this_or_next_workday(day: datetime.date) -> datetime.date:
    """Return `day`, or the first working day after it."""
    while not is_workday(day):
        day += _ONE_DAY
    return day


def estimated_note(day: datetime.date) -> str:
    """Return ESTIMATED for a deadline in a year whose days off are not announced; "" otherwise."""
    return "" if is_announced(day.year) else ESTIMATED
