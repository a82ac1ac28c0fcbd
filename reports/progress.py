"""A division's progress towards a target, as plain figures that page and paper show alike (`reports.words`).

Changes are differences of the figures as printed, so that a reader who subtracts them gets the same. The pace is
computed from the exact figures and has two decimals, because a small county's rate changes by hundredths of a point a
month. The progress still needed is rounded up, so that it suffices to reach the target.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from fractions import Fraction

from changzhi_portal.briefings import TERMS, Span
from changzhi_portal.percent import printed_percentage
from periods.models import month_after
from reports.stored_figures import PaceFigures, Progress, TrendPoint
from targets.pace import Pace, change_since
from targets.series import Trend

MONTHS_OF_TRENDS = 12
_TWO_DECIMALS = Decimal("0.01")


def progress_figures(trend: Trend, span: Span = "month") -> Progress:
    """Return the changes and the pace of a trend, as they are printed; of a year, the change on its beginning alone."""
    since = change_since(trend.figures, month=trend.month, months=TERMS[span].months)
    return Progress(
        change_on_last_month=_printed_change(trend, since),
        change_on_year_before=None if span == "year" else _printed_change(trend, trend.change_on_year_before),
        change_unit=trend.target.value_unit if trend.is_mean else "",
        pace=_pace(trend.pace),
        span=span,
    )


def trend_points(trend: Trend, starts_anew: Callable[[datetime.date], bool]) -> tuple[TrendPoint, ...]:
    """Return the figures of the last twelve months as printed, this month's included; only months that were measured.

    `starts_anew` tells whether the target judges otherwise from that month on.
    """
    first = month_after(trend.month, 1 - MONTHS_OF_TRENDS)
    return tuple(
        TrendPoint(f"{month:%Y-%m}", None if figure is None else float(_printed(trend, figure)), starts_anew(month))
        for month, figure in sorted(trend.figures.items())
        if first <= month <= trend.month
    )


def _pace(pace: Pace) -> PaceFigures:
    return PaceFigures(
        outlook=pace.outlook,
        progress=None if pace.progress is None else float(_rounded(pace.progress, _TWO_DECIMALS)),
        months_counted=pace.months_counted,
        attained_in=f"{pace.attained_in:%Y-%m}" if pace.attained_in else None,
        needed=None if pace.needed is None else float(_rounded(pace.needed, _TWO_DECIMALS, ROUND_CEILING)),
        months_left=pace.months_left,
    )


def _printed_change(trend: Trend, change: Fraction | None) -> float | None:
    """Return the change between two figures as they are printed: percentages with one decimal, means with two."""
    if change is None or trend.now is None:
        return None
    return float(_printed(trend, trend.now) - _printed(trend, trend.now - change))


def _printed(trend: Trend, figure: Fraction) -> Decimal:
    return _rounded(figure, _TWO_DECIMALS) if trend.is_mean else printed_percentage(figure)


def _rounded(number: Fraction, step: Decimal, rounding: str = ROUND_HALF_UP) -> Decimal:
    return (Decimal(number.numerator) / number.denominator).quantize(step, rounding)
