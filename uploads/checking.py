"""From a file to checked rows: read, find the table, clean every cell, let the register compare."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from changzhi_portal.names import tidy
from changzhi_portal.sheets.cleaning import CLEAR_WORD
from changzhi_portal.sheets.columns import CLEAR, Column
from changzhi_portal.sheets.problems import CellRefused, Doubtful, Level, Problem
from changzhi_portal.sheets.register import CheckContext, RegisterSheet, SheetRow
from uploads.progress import Reporter
from uploads.reading.grid import CellError
from uploads.reading.layout import MappedColumn, SheetLayout, WrongSheet, lay_out, month_in
from uploads.reading.workbook import read_workbook
from uploads.registry import registers

ROWS_BETWEEN_REPORTS = 500


@dataclass(slots=True)
class CheckedFile:
    """What a file amounts to. `problems` are those of headers and sheets; rows carry their own."""

    rows: list[SheetRow] = field(default_factory=list)
    skipped: int = 0
    problems: list[Problem] = field(default_factory=list)
    mapping: list[dict[str, Any]] = field(default_factory=list)
    month: datetime.date | None = None


def read_file(
    path: Path, file_name: str, sheet: RegisterSheet, remembered: Mapping[str, str], report: Reporter
) -> CheckedFile:
    """The cleaned rows of a file, not yet compared with the registers. Raises FileRefused."""
    report.step("读取文件")
    grids = read_workbook(path, file_name=file_name)
    others = [other() for other in registers() if other.name != sheet.name]
    layouts, wrong_sheets = lay_out(grids, sheet, others=others, remembered=remembered)
    result = CheckedFile(skipped=sum(layout.skipped for layout in layouts))
    result.month = next((month for layout in layouts if (month := month_in(layout.title))), None)
    result.problems = [_wrong_sheet(wrong) for wrong in wrong_sheets]
    cleaner = _Cleaner(sheet)
    total = sum(len(layout.rows) for layout in layouts)
    report.step("整理数据", total)
    for layout in layouts:
        result.problems += _unknown_columns(layout)
        result.mapping.append(_described(layout))
        positions = {column.field: column.index for column in layout.columns}
        multipliers = {column.field: column for column in layout.columns}
        for raw in layout.rows:
            result.rows.append(cleaner.clean(raw.sheet, raw.number, raw.cells, positions, multipliers))
            if len(result.rows) % ROWS_BETWEEN_REPORTS == 0:
                report(len(result.rows), total)
    return result


def _wrong_sheet(wrong: WrongSheet) -> Problem:
    return Problem("wrong_register", wrong.message, Level.WARNING, sheet=wrong.sheet)


def _unknown_columns(layout: SheetLayout) -> list[Problem]:
    return [
        Problem(
            "unknown_column",
            "没有对应的列，这一列没有读取",
            Level.WARNING,
            sheet=layout.name,
            cell=address,
            column=header,
            value=header,
        )
        for address, header in layout.unknown
    ]


def _described(layout: SheetLayout) -> dict[str, Any]:
    """The mapping as the page shows it, and as committing needs it to name cells again."""
    return {
        "sheet": layout.name,
        "header_rows": [layout.first_header_row, layout.last_header_row],
        "columns": [{"field": c.field, "header": c.header, "index": c.index} for c in layout.columns],
        "unknown": [header for _, header in layout.unknown],
    }


@dataclass(slots=True)
class _Reading:
    """What one distinct cell content means in one column; remembered, because offices repeat themselves."""

    value: Any = None
    is_blank: bool = False
    code: str = ""
    message: str = ""
    is_error: bool = False


class _Cleaner:
    """Cleans cells by the register's columns, each distinct content once."""

    def __init__(self, sheet: RegisterSheet) -> None:
        self._columns: dict[str, Column] = {column.field: column for column in sheet.columns}
        self._seen: dict[tuple[str, type, Any], _Reading] = {}

    def clean(
        self,
        sheet: str | None,
        number: int,
        cells: Mapping[str, Any],
        positions: Mapping[str, int],
        mapped: Mapping[str, MappedColumn],
    ) -> SheetRow:
        """One row with its values and the problems of single cells."""
        row = SheetRow(sheet=sheet, number=number, columns=positions, values={}, raw=dict(cells))
        for name, raw in cells.items():
            if raw == "":
                continue
            reading = self._read(name, raw, mapped[name])
            if reading.is_blank:
                continue
            if reading.is_error:
                row.refused.add(name)
            else:
                row.values[name] = reading.value
            if reading.code:
                level = Level.ERROR if reading.is_error else Level.WARNING
                row.report(reading.code, reading.message, name, level=level)
        return row

    def _read(self, name: str, raw: Any, mapped: MappedColumn) -> _Reading:
        key = (name, raw.__class__, raw)
        reading = self._seen.get(key)
        if reading is None:
            reading = self._seen[key] = self._read_anew(self._columns[name], raw, mapped)
        return reading

    @staticmethod
    def _read_anew(column: Column, raw: Any, mapped: MappedColumn) -> _Reading:
        if isinstance(raw, CellError):
            return _Reading(is_error=True, code="bad_formula", message=f"公式出错（{raw}），请改正公式或直接填值")
        if column.is_blank(raw):
            return _Reading(is_blank=True)
        if isinstance(raw, str) and tidy(raw) == CLEAR_WORD:
            return _Reading(value=CLEAR)
        try:
            value = column.clean(raw, mapped.multiplier)
        except CellRefused as refused:
            return _Reading(is_error=True, code=refused.code, message=str(refused))
        if isinstance(value, Doubtful):
            return _Reading(value=value.value, code=value.code, message=value.message)
        return _Reading(value=value)


def compare_rows(rows: list[SheetRow], sheet: RegisterSheet, context: CheckContext) -> None:
    """Let the register check the rows against itself, and complete the problems with header and value."""
    sheet.check(rows, context)
    columns = {column.field: column for column in sheet.columns}
    for row in rows:
        for problem in row.problems:
            column = columns.get(problem.field)
            if column is not None and not problem.column:
                problem.column = column.header
                problem.value = _as_shown(column, row)


def _as_shown(column: Column, row: SheetRow) -> str:
    if column.field in row.raw:
        return column.shown(row.raw[column.field])
    return column.written(row.get(column.field))
