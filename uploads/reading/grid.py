"""What reading yields: the raw cells of one sheet. Knows neither Django nor any register (the child process uses it)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


class CellError(str):
    """A formula that failed, as the cell shows it: "#REF!", "#DIV/0!", …"""

    __slots__ = ()


@dataclass(slots=True)
class Grid:
    """One visible worksheet, from Excel's row 1 and column A.

    `name` is None for .csv and HTML, which have no sheets. A cell is str, int, float, bool, datetime.date,
    datetime.datetime, datetime.time or CellError; a blank one is "". Rows may be shorter than the widest one.
    `merged` holds 0-based (first row, first column, last row, last column), where the format tells.
    """

    name: str | None
    rows: Sequence[Sequence[object]]
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
