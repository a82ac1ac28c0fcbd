"""Rates as official figures print them: in percent, one decimal, rounded half up, computed from the counts.

Every page, export, chart and document takes its rates from here, so that one rate is the same text everywhere.
100.0 and 0.0 are printed for all and for none only (docs/domain.md §5.7).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from changzhi_portal.display import DASH

_ONE_DECIMAL = Decimal("0.1")
_NEARLY_NONE, _NEARLY_ALL = Decimal("0.1"), Decimal("99.9")


def percent(part: int, whole: int) -> Decimal | None:
    """Return `part` of `whole` in percent with one decimal; None if `whole` is 0.

    Computed from the counts: 96 of 153 is 62.745… and so 62.7, but its rate stored with four decimals is 0.6275.
    """
    return None if not whole else printed_percentage(Fraction(100 * part, whole))


def printed_percentage(exact: Fraction) -> Decimal:
    """Return an exact percentage with one decimal, half up; 0.1 to 99.9 for anything between 0 and 100.

    29,999 of 30,000 communities are not all of them, so they are 99.9 % and not 100.0 %.
    """
    rounded = (Decimal(exact.numerator) / exact.denominator).quantize(_ONE_DECIMAL, ROUND_HALF_UP)
    return min(max(rounded, _NEARLY_NONE), _NEARLY_ALL) if 0 < exact < 100 else rounded


def percentage_points(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Return the change between two percentages that `percent` has rounded; None when either is unknown.

    The difference of the printed figures, so that a reader who subtracts them gets the same (docs/domain.md §6.11).
    """
    return None if now is None or before is None else now - before


def percent_text(printed: Decimal | float | None) -> str:
    """Return 62.7%, 100.0% for a percentage that `percent` has rounded; a dash when nothing was judged."""
    return DASH if printed is None else f"{printed:.1f}%"


def points_text(change: Decimal | float) -> str:
    """Return the amount of a change of a percentage as text: 1.3个百分点."""
    return f"{change:.1f}个百分点"
