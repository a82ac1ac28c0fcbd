"""Values as text for pages: detail pages, lists, the change log, quality findings, previews."""

from __future__ import annotations

import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone

DASH = "—"
MINUS = "−"  # U+2212: as wide as a plus, and no hyphen, at which a line may be broken
UNCHANGED = "持平"


def display_value(value: Any, *, empty: str = DASH) -> str:
    """Return a value as text: 是/否, 2018-06-30, 2018-06-30 09:15, 1,200; other values by str().

    None and "" give `empty`. Personal data (`Sealed`) give their mask. Times are local.
    """
    if value is None or value == "":
        return empty
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, datetime.date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, int | Decimal):
        return _with_minus(f"{value:,}")
    return str(value)


def told_apart(old: str, new: str, *, is_personal: bool) -> str:
    """Return the text of a changed value, marked where it reads like the one before: a mask, a number of links.

    `is_personal` is true for a masked number.
    """
    if old != new or old in {"", DASH}:
        return new
    return f"{new}（{'号码有改动' if is_personal else '有改动'}）"


def display_number(value: Decimal | float | None) -> str:
    """Return a number with thousands separated and without trailing zeros: 12,345.5; a dash for None."""
    if value is None:
        return DASH
    number = Decimal(str(value))
    whole = number.to_integral_value()
    return _with_minus(f"{whole:,}" if number == whole else f"{number.normalize():,f}")


def display_change(change: Decimal | float | None, *, decimals: int | None = 1, unchanged: str = UNCHANGED) -> str:
    """Return a change with its sign: +1.3, −0.4; a dash for None. Without `decimals` it has those it needs: +410.

    A change that would be printed as zero is `unchanged`, so that no page says +0.0.
    """
    if change is None:
        return DASH
    exact = Decimal(str(change))
    if decimals is None:
        return f"{'+' if exact > 0 else ''}{display_number(exact)}" if exact else unchanged
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return _with_minus(f"{rounded:+,.{decimals}f}") if rounded else unchanged


def _with_minus(text: str) -> str:
    return text.replace("-", MINUS)
