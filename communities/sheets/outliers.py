"""When a figure is so far from the one before that it is probably a slip (`outlier`, docs/spreadsheets.md)."""

from __future__ import annotations

from decimal import Decimal


def has_jumped(value: int | Decimal, before: int | Decimal | None, factor: int) -> bool:
    """Whether `value` is `factor` times the value before, or a part of it; nothing is far from an unknown or a zero."""
    if not before:
        return False
    return value >= before * factor or value * factor <= before
