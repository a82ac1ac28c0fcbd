"""What reading yields: the raw cells of a sheet. Knows neither Django nor any register (the child process uses it)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

# What spreadsheets show where a formula failed; LibreOffice has Err:502 and the like besides.
ERROR_TEXTS: Final = frozenset(
    "#NULL! #DIV/0! #VALUE! #REF! #NAME? #NUM! #N/A #GETTING_DATA #SPILL! #CALC! #FIELD! #BLOCKED!".split()
)
# Stands for a formula whose result the file does not hold: a program wrote it, and no spreadsheet has computed it since.
NOT_COMPUTED: Final = "未计算"

MergedRange = tuple[int, int, int, int]  # first row, first column, last row, last column, from 0
ErrorCells = dict[tuple[int, int], str]  # (row, column), from 0 → what the cell shows


class CellError(str):
    """A formula that gives no value: what the cell shows ("#REF!", "#DIV/0!", …), or NOT_COMPUTED."""

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
    merged: list[MergedRange] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read before it counts as too large."""

    inflated_bytes: int
    rows: int  # of all visible sheets together
    memory_bytes: int
    seconds: int
    sheets: int = 100
    columns: int = 300


class NotReadableError(Exception):
    """Raised while reading; `reason` is a key of `refusal.SENTENCES`, `values` fill its sentence."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


@dataclass(slots=True)
class RawSheet:
    """A sheet on its way out of a file: rows as the format gives them, `merged` complete once the rows are consumed."""

    name: str | None
    rows: Iterable[Sequence[object]]
    merged: list[MergedRange] = field(default_factory=list)


def is_error_text(text: str) -> bool:
    """Whether a cell's text is what a failed formula leaves behind, for instance in a .csv."""
    return text in ERROR_TEXTS or (text.startswith("Err:") and text[4:].isdigit())
