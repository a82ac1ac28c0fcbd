"""When a figure is so far from the one before that it is probably a slip (`outlier`, docs/spreadsheets.md)."""

from __future__ import annotations

from decimal import Decimal

OUTLIER_FACTOR = 5  # 5 × above or below the value before


def has_jumped(value: int | Decimal, before: int | Decimal | None) -> bool:
    """Whether `value` is five times, or a fifth of, the value before; nothing is far from an unknown or a zero."""
    if not before:
        return False
    return value >= before * OUTLIER_FACTOR or value * OUTLIER_FACTOR <= before
