"""Pace of a figure (docs/domain.md §6): its monthly progress, when it reaches its goal, and the progress needed.

Pure arithmetic in exact fractions. `targets.series` reads the figures, `reports.forecast` writes the text.

* The figure is a percentage that should reach 100 (or the required share), or a mean that should reach its bound.
* The pace is the mean monthly progress from the oldest of the last six earlier months that have a figure to this month:
  the difference divided by the calendar months between the two. Months without a figure are skipped, so that a gap does
  not change the pace. With fewer than six earlier figures all of them count; with none there is no pace.
* At that pace the goal is reached in the first month whose figure is not below it.
* The deadline is the last month that ends by the plan's last day. The progress needed is what is missing, divided by
  the months left until then; None once the goal is reached or the deadline has come.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil

from periods.models import last_day_of, month_after

# The number of earlier months with a figure that the pace is measured over.
PERIODS_COUNTED = 6
# No month is forecast beyond this: 0.01 points a month would give the year 2400.
FARTHEST_MONTHS = 10 * 12

# First day of a month → the figure of that month; None where it is unknown.
Figures = Mapping[datetime.date, Fraction | None]


class Outlook(StrEnum):
    """What the pace leads to, in the order in which the cases are checked."""

    UNKNOWN = "unknown"  # this month's figure is not known, or nothing was judged
    DONE = "done"  # the goal is reached
    OVERDUE = "overdue"  # the deadline has come and the goal is not reached
    NO_PACE = "no_pace"  # no earlier month to compare with
    BACKWARDS = "backwards"  # the figure has fallen
    STANDSTILL = "standstill"  # the figure has not changed
    TOO_LATE = "too_late"  # the figure rises and reaches the goal after the deadline
    IN_TIME = "in_time"  # the figure reaches the goal by the deadline


@dataclass(frozen=True)
class Pace:
    """The monthly progress of a figure, in its own unit (percentage points for percentages).

    `progress` is the mean over `months_counted` calendar months, None without an earlier figure. `attained_in` is the
    first day of the month in which the goal is reached at that pace, None if it is not. `needed` is the monthly progress
    that reaches the goal by the deadline, `months_left` months ahead; None if it is reached or no month is left.
    """

    outlook: Outlook
    progress: Fraction | None
    months_counted: int
    attained_in: datetime.date | None
    needed: Fraction | None
    months_left: int


def pace_of(figures: Figures, *, month: datetime.date, goal: Fraction, ends_on: datetime.date) -> Pace:
    """Return the pace of a figure in `month`, from the figures of that month and earlier ones; later ones are ignored."""
    now = figures.get(month)
    months_left = max(0, months_between(month, deadline(ends_on)))
    progress, months_counted = _progress(figures, month)
    missing = None if now is None else goal - now
    is_open = missing is not None and missing > 0
    needed = missing / months_left if missing is not None and is_open and months_left else None
    attained_in = _attained_in(month, missing, progress) if missing is not None and is_open and progress else None
    return Pace(
        outlook=_outlook(missing, progress, attained_in, ends_on, months_left),
        progress=progress,
        months_counted=months_counted,
        attained_in=attained_in,
        needed=needed,
        months_left=months_left,
    )


def no_pace(now: Fraction | None) -> Pace:
    """Return what is said of a figure that has no pace: NO_PACE, or UNKNOWN without a figure this month; nothing is needed."""
    outlook = Outlook.UNKNOWN if now is None else Outlook.NO_PACE
    return Pace(outlook=outlook, progress=None, months_counted=0, attained_in=None, needed=None, months_left=0)


def change_since(figures: Figures, *, month: datetime.date, months: int) -> Fraction | None:
    """Return the figure of `month` minus that of `months` earlier; None when either is unknown."""
    now, then = figures.get(month), figures.get(month_after(month, -months))
    return None if now is None or then is None else now - then


def deadline(ends_on: datetime.date) -> datetime.date:
    """Return the first day of the last month that ends by `ends_on`, since figures are of the last day of a month."""
    month = ends_on.replace(day=1)
    return month if ends_on == last_day_of(month) else month_after(month, -1)


def months_between(earlier: datetime.date, later: datetime.date) -> int:
    """Return the number of calendar months from `earlier` to `later`; negative when `later` is before it."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def _progress(figures: Figures, month: datetime.date) -> tuple[Fraction | None, int]:
    """Return the mean monthly progress, and the number of calendar months it covers; (None, 0) without one."""
    now = figures.get(month)
    known = sorted((then for then, figure in figures.items() if then < month and figure is not None), reverse=True)
    if now is None or not known:
        return None, 0
    oldest = known[:PERIODS_COUNTED][-1]
    months = months_between(oldest, month)
    then = figures[oldest]
    return (None, 0) if then is None else ((now - then) / months, months)


def _attained_in(month: datetime.date, missing: Fraction, progress: Fraction) -> datetime.date | None:
    if progress <= 0:
        return None
    months = ceil(missing / progress)
    return month_after(month, months) if months <= FARTHEST_MONTHS else None


def _outlook(
    missing: Fraction | None,
    progress: Fraction | None,
    attained_in: datetime.date | None,
    ends_on: datetime.date,
    months_left: int,
) -> Outlook:
    if missing is None:
        return Outlook.UNKNOWN
    if missing <= 0:
        return Outlook.DONE
    if not months_left:
        return Outlook.OVERDUE
    if progress is None:
        return Outlook.NO_PACE
    if progress <= 0:
        return Outlook.BACKWARDS if progress < 0 else Outlook.STANDSTILL
    is_in_time = attained_in is not None and attained_in <= deadline(ends_on)
    return Outlook.IN_TIME if is_in_time else Outlook.TOO_LATE
