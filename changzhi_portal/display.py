"""Values as text for pages: detail pages, lists, the change log, quality findings, previews."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

DASH = "—"


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
        return f"{value:,}"
    return str(value)


def told_apart(old: str, new: str, *, is_personal: bool) -> str:
    """Return the text of a changed value, marked where it reads like the one before: a mask, a number of links.

    `is_personal` is true for a masked number.
    """
    if old != new or old in {"", DASH}:
        return new
    return f"{new}（{'号码有改动' if is_personal else '有改动'}）"


def display_number(value: Decimal | int | None) -> str:
    """Return a number with thousands separated and without trailing zeros: 12,345.5; a dash for None."""
    if value is None:
        return DASH
    number = Decimal(value)
    return f"{number.to_integral_value():,}" if number == number.to_integral_value() else f"{number.normalize():,f}"
