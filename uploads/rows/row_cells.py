"""The cells of one staged row as the page shows them, to be corrected there: their present text and their problems."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from changzhi_portal.personal_numbers import mask_slipped_numbers
from changzhi_portal.registers.cleaning import CLEAR_WORD, as_text
from changzhi_portal.registers.columns import ChoiceColumn, Column, ManyChoicesColumn
from changzhi_portal.registers.columns.base import LONGEST_SHOWN
from changzhi_portal.registers.problems import Level, cell_address
from changzhi_portal.registers.register import RegisterSheet
from uploads.column_mapping import header_in_unit, unit_of_file
from uploads.models import UploadBatch, UploadRow
from uploads.places import cell_of
from uploads.rows import raw_cells
from uploads.rows.corrections import LONGEST_TEXT, absent_column_sentence, corrected_fields
from uploads.rows.file_columns import FileColumns
from uploads.rows.staged import CLEARED


class RowCell(NamedTuple):
    """A cell of a staged row that the page can change; `problems` are as `UploadRow.problems` has them."""

    column: Column
    address: str
    text: str  # its present text, in the unit of the file's column; masked in personal columns
    unit: str  # the file's unit, if it is not the register's: 万元
    problems: tuple[dict[str, Any], ...]
    is_corrected: bool  # in the page; its text is not the file's
    is_registered: bool = False  # the row is about a record that is registered already

    @property
    def field(self) -> str:
        """Return the name of its column in a row's values."""
        return self.column.field

    @property
    def header(self) -> str:
        """Return its column's header in the file's unit."""
        return header_in_unit(self.column, self.unit)

    @property
    def has_error(self) -> bool:
        """Return whether one of its problems keeps the row out."""
        return any(problem["level"] == Level.ERROR for problem in self.problems)

    @property
    def can_keep_registered(self) -> bool:
        """Return whether 不改 in this personal cell, which cannot be read, leaves what is registered."""
        return self.column.is_personal and self.has_error and self.is_registered


class LooseProblem(NamedTuple):
    """A problem of a row that no cell of the file has, and what the user can do where its column is missing, else ""."""

    problem: dict[str, Any]
    advice: str


def cells_of(batch: UploadBatch, row: UploadRow, sheet: RegisterSheet) -> list[RowCell]:
    """Return the cells of a row whose column is in the file: first those with an error, then with a warning.

    Cells alike in this stand in the file's order.
    """
    file_columns = FileColumns(batch.mapping)
    corrected = corrected_fields(batch, row)
    problems: dict[str, list[dict[str, Any]]] = {}
    for problem in row.problems:
        problems.setdefault(problem["column"], []).append(problem)
    cells = []
    positions = file_columns.positions(row.sheet, row.row_number)
    for field, index in sorted(positions.items(), key=lambda item: item[1]):
        column, multiplier = sheet.column(field), file_columns.multiplier(row.sheet, row.row_number, field)
        cells.append(
            RowCell(
                column,
                cell_address(row.row_number, index),
                text_of_cell(column, row, multiplier),
                unit_of_file(multiplier),
                tuple(problems.get(column.header, ())),
                field in corrected,
                row.record_id is not None,
            )
        )
    return sorted(cells, key=lambda cell: (not cell.has_error, not cell.problems))


def loose_problems(row: UploadRow, cells: list[RowCell], sheet: RegisterSheet) -> list[LooseProblem]:
    """Return the problems of a row that are shown at none of its cells."""
    shown = {cell.column.header for cell in cells}
    known = {column.header for column in sheet.columns}
    return [
        LooseProblem(problem, absent_column_sentence(problem["column"]) if problem["column"] in known else "")
        for problem in row.problems
        if problem["column"] not in shown
    ]


def text_of_cell(column: Column, row: UploadRow, multiplier: Decimal) -> str:
    """Return the present text of a cell for its input: as written where it had a problem, else its cleaned value.

    Personal numbers are masked, also those in other columns.
    """
    if column.field in row.raw:
        return _as_written(column, raw_cells.from_json(row.raw[column.field], cell_of(row.place, column.field)))
    values: Mapping[str, Any] = row.values
    if column.field in values.get(CLEARED, ()):
        return CLEAR_WORD
    if column.field not in values:
        return ""
    value = column.from_json(values[column.field], row.place)
    if isinstance(column, ChoiceColumn) and not isinstance(column, ManyChoicesColumn):
        return next((label for label in column.labels if column.clean(label) == value), "")
    return column.written(value if multiplier == 1 else format((value / multiplier).normalize(), "f"))


def _as_written(column: Column, cell: Any) -> str:
    """Return a cell as written; what a problem cuts short is whole here, so that correcting a part loses nothing."""
    if not column.is_personal and isinstance(cell, str) and len(cell) > LONGEST_SHOWN:
        return mask_slipped_numbers(as_text(cell[: 2 * LONGEST_TEXT]))[:LONGEST_TEXT]
    return column.shown(cell)
