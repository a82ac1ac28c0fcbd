"""Conversion of raw cells to values: each cell is read by its column of the register."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import Reading, RegisterRow, read_cell
from uploads.reading.grid import MERGED_FIGURE, NOT_COMPUTED, SURPLUS_FIELDS, CellError, RefusedCell, UnpairedQuote
from uploads.reading.layout import MappedColumn, RawRow
from uploads.rows.file_columns import FileColumns
from uploads.rows.raw_cells import NOT_KEPT

SPSS_MISSING = "#NULL!"  # what SPSS writes into a .csv for a missing number

# What to say of a RefusedCell, by its reason.
_REFUSED = {
    MERGED_FIGURE: ("bad_number", "这个数写在合并的几行里，看不出每一行是多少；请取消合并，逐行填写"),
    SURPLUS_FIELDS: (
        "unpaired_quote",
        "这一行比表头多出几格，分不清哪一格属于哪一列；数字里的逗号（如1,286）请去掉或给整格加英文引号",
    ),
}


class RowCleaner:
    """Reads the rows of one table by the register's columns.

    A row that names no town or county gets that of the heading above it.

    Contents repeat, so the reading of each distinct content of a column is cached.
    """

    def __init__(self, sheet: RegisterSheet, mapped: Sequence[MappedColumn]) -> None:
        by_field = {column.field: column for column in sheet.columns}
        self._fields = by_field.keys()
        self._positions = {column.field: column.index for column in mapped}
        # Per column: its index, field, column, multiplier, and the cached readings (those of text apart, because most
        # of a sheet is text).
        self._columns: list[tuple[int, str, Column, Decimal, dict[Any, Reading], dict[Any, Reading]]] = [
            (m.index, m.field, by_field[m.field], m.multiplier, {}, {}) for m in mapped
        ]

    def clean(self, raw_row: RawRow) -> RegisterRow:
        """Return the row with its values and the problems of its single cells."""
        cells = raw_row.values
        row = RegisterRow({}, raw_row.sheet, raw_row.number, self._positions, cells)
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
                row.take(name, reading)
            else:
                row.values[name] = reading.value
        if raw_row.section:
            for name, text in raw_row.section.items():
                if name in self._fields and name not in row.values and name not in row.refused:
                    row.values[name] = text
        return row


class CellRereader:
    """Reads cells of staged rows again as at first: those that had a problem, and corrected ones.

    `mapping` is `UploadBatch.mapping`, which has the unit of each column.
    """

    def __init__(self, sheet: RegisterSheet, mapping: Iterable[Mapping[str, Any]]) -> None:
        self._columns = {column.field: column for column in sheet.columns}
        self._columns_at = FileColumns(mapping)

    def read_kept_cells(self, row: RegisterRow) -> None:
        """Add the problems of the stored cells to the row again."""
        if row.raw is not None:
            for name, index in row.columns.items():
                if row.raw[index] is not NOT_KEPT:
                    self._read(row, name, row.raw[index])

    def correct(self, row: RegisterRow, name: str, text: str) -> None:
        """Read `text` instead of the file's content of the cell of the field `name`."""
        row.refused.discard(name)
        row.problems = [problem for problem in row.problems if problem.field != name]
        width = max(row.columns.values()) + 1
        cells = list(row.raw) if row.raw is not None else []
        cells += [NOT_KEPT] * (width - len(cells))
        cells[row.columns[name]] = text
        row.raw = cells
        self._read(row, name, text)

    def _read(self, row: RegisterRow, name: str, cell: Any) -> None:
        row.values.pop(name, None)
        multiplier = self._columns_at.multiplier(row.sheet, row.number or 0, name)
        row.take(name, _read_cell(self._columns[name], cell, multiplier))


def _read_cell(column: Column, raw: Any, multiplier: Decimal) -> Reading:
    if isinstance(raw, CellError):
        return Reading(is_error=True, code="bad_formula", message=_about_formula(raw))
    if isinstance(raw, UnpairedQuote):
        return Reading(is_error=True, code="unpaired_quote", message=_about_quote(raw))
    if isinstance(raw, RefusedCell):
        code, message = _REFUSED[raw.reason]
        return Reading(is_error=True, code=code, message=message)
    return read_cell(column, raw, multiplier)


def _about_formula(cell: CellError) -> str:
    if cell == NOT_COMPUTED:
        return "公式还没有算出结果，请用Excel或WPS打开文件、保存后再上传，或直接填值"
    if cell == SPSS_MISSING:
        return "“#NULL!”是缺失值（SPSS）或出错的公式；请填值，没有就留空"
    return f"公式出错（{cell}），请改正公式或直接填值"


def _about_quote(cell: UnpairedQuote) -> str:
    return f"第{cell.line}行的引号没有成对，分不清这一格到哪里为止；请补上或删去引号（内容里的英文引号要写两个），或直接填值"
