"""Rates as official figures are written: in percent, one decimal, half up, from the counts themselves."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

ONE_DECIMAL = Decimal("0.1")


def percent(part: int | Decimal, whole: int) -> Decimal | None:
    """`part` of `whole` in percent with one decimal; None of nothing.

    Taken from the counts: 96 of 153 is 62.745… and so 62.7, though its rate stored with four decimals is 0.6275.
    """
    return None if not whole else (Decimal(100 * part) / whole).quantize(ONE_DECIMAL, ROUND_HALF_UP)


def percent_of_rate(rate: Decimal | float) -> Decimal:
    """A fraction of 1 in percent with one decimal; only where the counts behind it are not at hand."""
    return (Decimal(str(rate)) * 100).quantize(ONE_DECIMAL, ROUND_HALF_UP)
