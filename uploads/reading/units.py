"""The unit of a money column, from its header or from a line 单位：… above the table (docs/spreadsheets.md §2.4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

_YUAN: Final = {
    "亿元": Decimal(100_000_000),
    "百万元": Decimal(1_000_000),
    "万元": Decimal(10_000),
    "千元": Decimal(1_000),
    "元": Decimal(1),
}
_MONEY_UNIT: Final = re.compile("|".join(_YUAN))
# Matches the unit of figures, but not the reporting office (填报单位：元庄乡…).
_UNIT_LINE: Final = re.compile(r"(?<![报表送制买接管办])单 *位\s*[:：]?\s*[^:：\n\t]{0,12}?(亿元|百万元|万元|千元|元)")

_ONLY_UNIT: Final = re.compile(r"(?:^|[\n\t])\s*(?:金额)?[:：]?[(（]?(亿元|百万元|万元|千元|元)[)）]?\s*(?=$|[\n\t])")


def unit_of_header(labels: Sequence[str]) -> Decimal | None:
    """Return the yuan in one unit of a column by its labels, the lowest first; None if they name no unit of money."""
    for label in reversed(labels):
        if match := _MONEY_UNIT.search(label):
            return _YUAN[match[0]]
    return None


def unit_of_title(title: str) -> Decimal | None:
    """Return the yuan in one unit by the line 单位：…, or a cell with a unit alone, in the text above a table; else None."""
    line = _UNIT_LINE.search(title) or _ONLY_UNIT.search(title)
    return _YUAN[line[1]] if line else None
