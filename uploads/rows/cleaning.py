"""From raw cells to values: each cell is read by its column of the register."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from changzhi_portal.names import tidy
from changzhi_portal.registers.cleaning import CLEAR_WORD
from changzhi_portal.registers.columns import CLEAR, Column
from changzhi_portal.registers.problems import CellRefusedError, Doubtful, Level
from changzhi_portal.registers.register import RegisterSheet, SheetRow
from uploads.reading.grid import NOT_COMPUTED, CellError
from uploads.reading.layout import MappedColumn, RawRow
from uploads.rows.raw_cells import NOT_KEPT

# No column takes as much. A quotation mark that is never closed makes one cell of the rest of a .csv, and looking for
# numbers in that would take hours.
LONGEST_CELL = 5_000


@dataclass(slots=True)
class _CellReading:
    """What one cell content means in one column: its value, or the problem it has, or both."""

    value: Any = None
    is_blank: bool = False
    code: str = ""
    message: str = ""
    is_error: bool = False


class RowCleaner:
    """Reads the rows of one sheet by the register's columns.

    Offices repeat themselves, so the reading of each distinct content of a column is kept and used again.
    """

    def __init__(self, sheet: RegisterSheet, mapped: Sequence[MappedColumn]) -> None:
        by_field = {column.field: column for column in sheet.columns}
        self._positions = {column.field: column.index for column in mapped}
        # Per column: its index, field, column, multiplier, and the readings so far (of text apart, for most of a sheet
        # is text).
        self._columns: list[tuple[int, str, Column, Decimal, dict[Any, _CellReading], dict[Any, _CellReading]]] = [
            (m.index, m.field, by_field[m.field], m.multiplier, {}, {}) for m in mapped
        ]

    def clean(self, raw_row: RawRow) -> SheetRow:
        """Return the row with its values and the problems of its single cells."""
        cells = raw_row.values
        row = SheetRow(raw_row.sheet, raw_row.number, self._positions, {}, raw=cells)
        for index, name, column, multiplier, texts, others in self._columns:
            raw = cells[index]
            if raw == "":
                continue
            readings, key = (texts, raw) if raw.__class__ is str else (others, (raw.__class__, raw))
            reading = readings.get(key)
            if reading is None:
                reading = readings[key] = _read_cell(column, raw, multiplier)
            if reading.is_blank:
                continue
            if reading.code:
                _apply(reading, row, name)
            else:
                row.values[name] = reading.value
        return row


class CellRereader:
    """Reads cells of staged rows again, as the first reading did: those that had a problem, and corrected ones.

    `mapping` is `UploadBatch.mapping`, which holds the unit of each column.
    """

    def __init__(self, sheet: RegisterSheet, mapping: Iterable[Mapping[str, Any]]) -> None:
        self._columns = {column.field: column for column in sheet.columns}
        self._multipliers = {
            (part["sheet"], column["field"]): Decimal(column.get("multiplier", 1))
            for part in mapping
            for column in part["columns"]
        }

    def read_kept_cells(self, row: SheetRow) -> None:
        """Report again what is wrong with the cells that were kept."""
        if row.raw is not None:
            for name, index in row.columns.items():
                if row.raw[index] is not NOT_KEPT:
                    self._read(row, name, row.raw[index])

    def correct(self, row: SheetRow, name: str, text: str) -> None:
        """Read `text` in place of what the file has in the cell of the field `name`."""
        row.refused.discard(name)
        row.problems = [problem for problem in row.problems if problem.field != name]
        width = max(row.columns.values()) + 1
        cells = list(row.raw) if row.raw is not None else []
        cells += [NOT_KEPT] * (width - len(cells))
        cells[row.columns[name]] = text
        row.raw = cells
        self._read(row, name, text)

    def _read(self, row: SheetRow, name: str, cell: Any) -> None:
        row.values.pop(name, None)
        multiplier = self._multipliers.get((row.sheet, name), Decimal(1))
        _apply(_read_cell(self._columns[name], cell, multiplier), row, name)


def _read_cell(column: Column, raw: Any, multiplier: Decimal) -> _CellReading:
    if isinstance(raw, CellError):
        return _CellReading(is_error=True, code="bad_formula", message=_about_formula(raw))
    if isinstance(raw, str) and len(raw) > LONGEST_CELL:
        return _CellReading(
            is_error=True, code="too_long", message=f"这一格有{len(raw)}个字，可能是前面少了半个引号，请核对"
        )
    if raw == "" or column.is_blank(raw):
        return _CellReading(is_blank=True)
    if isinstance(raw, str) and tidy(raw) == CLEAR_WORD:
        return _CellReading(value=CLEAR)
    try:
        value = column.clean(raw, multiplier)
    except CellRefusedError as refused:
        return _CellReading(is_error=True, code=refused.code, message=str(refused))
    if isinstance(value, Doubtful):
        return _CellReading(value=value.value, code=value.code, message=value.message)
    return _CellReading(value=value)


def _about_formula(cell: CellError) -> str:
    if cell == NOT_COMPUTED:
        return "公式还没有算出结果，请用Excel或WPS打开文件、保存后再上传，或直接填值"
    return f"公式出错（{cell}），请改正公式或直接填值"


def _apply(reading: _CellReading, row: SheetRow, name: str) -> None:
    """Give a row the value and the problem of one of its cells."""
    if reading.is_blank:
        return
    if reading.is_error:
        row.refused.add(name)
    else:
        row.values[name] = reading.value
    if reading.code:
        level = Level.ERROR if reading.is_error else Level.WARNING
        row.report(reading.code, reading.message, name, level=level)
