"""Where a register's table stands in the sheets of a file: header, columns, data rows, totals and footers."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from uploads.reading.grid import Grid

if TYPE_CHECKING:
    from changzhi_portal.sheets.register import RegisterSheet


@dataclass(slots=True)
class MappedColumn:
    """A column of the file that was recognised.

    `header` is as written, all its rows joined; `index` counts from 0 (column A); `multiplier` is 10000 where the
    header or the unit line says 万元 and the register counts yuan, else 1.
    """

    field: str
    header: str
    index: int
    multiplier: Decimal


@dataclass(slots=True)
class RawRow:
    """One data row: `cells` holds the raw values of the mapped columns by field, those carried down included."""

    sheet: str | None
    number: int  # as Excel counts
    cells: dict[str, object]


@dataclass(slots=True)
class SheetLayout:
    """How one sheet was understood.

    Header rows count from 1, as in Excel. `unknown` lists the address and text of header cells that fit no column.
    `title` is all text above the header. `skipped` counts totals, repeated headers and footers, not empty rows.
    """

    name: str | None
    first_header_row: int
    last_header_row: int
    columns: list[MappedColumn]
    unknown: list[tuple[str, str]]
    title: str
    rows: list[RawRow] = field(default_factory=list)
    skipped: int = 0


@dataclass(slots=True)
class WrongSheet:
    """A sheet of the same workbook that belongs to another register: its name, and that register's name and title."""

    sheet: str | None
    register: str
    title: str


def lay_out(
    grids: Sequence[Grid],
    register: RegisterSheet,
    *,
    others: Sequence[RegisterSheet],
    remembered: Mapping[str, str] | None = None,
) -> tuple[list[SheetLayout], list[WrongSheet]]:
    """The sheets that hold the register's table, and those that hold another register's.

    `remembered` maps a header, normalised by `headers.normal_header`, to a field, "" to ignore that column. Raises
    FileRefused: empty_sheet, header_not_found, missing_column, wrong_register.
    """
    raise NotImplementedError


def month_in(text: str) -> datetime.date | None:
    """The first day of the month that a title or a 填报时间 line names; None when it names none."""
    raise NotImplementedError


def cell_address(row: int, column_index: int) -> str:
    """A cell as Excel shows it: row counts from 1, the column from 0; (17, 2) is "C17"."""
    letters = ""
    number = column_index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"
