"""What is printed of a figure of divisions: its value, made of numerator and denominator, and the change of two of them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from changzhi_portal.display import DASH, MINUS, display_change
from changzhi_portal.figures import Figure, Shown
from changzhi_portal.percent import printed_percentage

_IN_PERCENT = (Shown.RATE, Shown.CHANGE)


def value_of(figure: Figure, numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    """Return the printed value of a figure; None where nothing was reported, or there is nothing to divide by.

    A rate has one decimal and is 0.0 and 100.0 for none and all only (`changzhi_portal.percent`); all others are rounded
    half up to the figure's decimals.
    """
    if numerator is None:
        return None
    if figure.shown is Shown.TOTAL:
        return _rounded(Fraction(numerator), figure.decimals)
    if not denominator:
        return None
    ratio = Fraction(numerator) / Fraction(denominator)
    if figure.shown is Shown.RATE:
        return printed_percentage(100 * ratio)
    if figure.shown is Shown.CHANGE:
        return _rounded(100 * (ratio - 1), figure.decimals)
    return _rounded(ratio, figure.decimals)


def _rounded(exact: Fraction, decimals: int) -> Decimal:
    """Return an exact number rounded half up, away from zero for negative ones."""
    scaled = abs(exact) * 10**decimals
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(-whole if exact < 0 else whole).scaleb(-decimals)


def value_text(figure: Figure, value: Decimal | None, *, unit: bool = True) -> str:
    """Return a value as pages show it: 66.7%, 1,280.00元, −37.5%; a dash for None."""
    if value is None:
        return DASH
    decimals = 1 if figure.shown is Shown.RATE else figure.decimals
    shown = f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,f}".replace("-", MINUS)
    return f"{shown}{unit_of(figure)}" if unit else shown


def unit_of(figure: Figure) -> str:
    """Return the unit of the value: % for rates and changes, else the figure's own."""
    return "%" if figure.shown in _IN_PERCENT else figure.unit


def change_of(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Return the difference of two printed values, so that a reader who subtracts them gets the same; None without one."""
    return None if now is None or before is None else now - before


def change_text(figure: Figure, change: Decimal | None) -> str:
    """Return a change with sign and unit: +1.3个百分点, −0.4天, 持平; a dash for None."""
    decimals = 1 if figure.shown is Shown.RATE else figure.decimals
    text = display_change(change, decimals=decimals)
    if change is None or not change:
        return text
    return f"{text}{'个百分点' if figure.shown in _IN_PERCENT else figure.unit}"
