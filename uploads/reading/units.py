"""The unit of a column, from its header or from a line 单位：… above the table (docs/spreadsheets.md §2.4)."""

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

# Units in which no register counts areas, households or people; figures in them are not read.
_OTHER_UNIT: Final = r"(?P<area>[百千万]?亩|公顷|[百千万]平方米|[百千万]平米|平方公里|平方千米|[百千万]㎡)|(?P<count>[百千万][户人个家名])"
_OTHER_UNIT_LINE: Final = re.compile(
    rf"(?<![报表送制买接管办])单 *位\s*[:：]\s*(?:[^:：\n\t]{{0,12}}[、，,/ ])?(?:{_OTHER_UNIT})(?=\s*(?:$|[\n\t、，,;；/）)]))"
)
_ONLY_OTHER_UNIT: Final = re.compile(rf"(?:^|[\n\t])\s*[(（](?:{_OTHER_UNIT})[)）]\s*(?=$|[\n\t])")
_OWN_AREA: Final = re.compile("㎡|m2|m²|平方?米", re.IGNORECASE)
_OWN_COUNT: Final = re.compile("[(（/][户人个家名][)）]?")


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


def other_unit_of_title(title: str) -> tuple[str, bool] | None:
    """Return a unit in the line 单位：… that no register has, such as 亩 or 千人, and whether it is one of areas; else None.

    A line that also names ㎡ does not say which column is in which.
    """
    match = _OTHER_UNIT_LINE.search(title) or _ONLY_OTHER_UNIT.search(title)
    if match is None:
        return None
    is_area = match["area"] is not None
    unit = match["area"] or match["count"]
    return None if is_area and _OWN_AREA.search(title.replace(unit, "")) else (unit, is_area)


def names_own_unit(labels: Sequence[str], *, is_area: bool) -> bool:
    """Return whether a column's labels name the register's own unit of areas or counts, whatever the line above says."""
    own = _OWN_AREA if is_area else _OWN_COUNT
    return any(own.search(label) for label in labels)
