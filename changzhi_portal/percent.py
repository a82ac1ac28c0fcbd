"""Rates as official figures print them: in percent, one decimal, rounded half up, computed from the counts."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

ONE_DECIMAL = Decimal("0.1")


def percent(part: int | Decimal, whole: int) -> Decimal | None:
    """Return `part` of `whole` in percent with one decimal; None if `whole` is 0.

    Computed from the counts: 96 of 153 is 62.745… and so 62.7, but its rate stored with four decimals is 0.6275.
    """
    return None if not whole else (Decimal(100 * part) / whole).quantize(ONE_DECIMAL, ROUND_HALF_UP)


def percent_of_rate(rate: Decimal | float) -> Decimal:
    """Return a fraction of 1 in percent with one decimal; use it only where the counts are not available."""
    return (Decimal(str(rate)) * 100).quantize(ONE_DECIMAL, ROUND_HALF_UP)
