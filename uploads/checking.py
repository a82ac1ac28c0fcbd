"""From a file to checked rows: read, find the table, clean every cell, let the register compare."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.context import ROWS_BETWEEN_REPORTS, CheckContext
from changzhi_portal.registers.problems import Level, Problem
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import registers
from changzhi_portal.registers.rows import Reading, RegisterRow, read_cell
from uploads.mapping import TEACHABLE, plausible_headers
from uploads.progress import Reporter
from uploads.rawcells import NOT_KEPT
from uploads.reading.grid import NOT_COMPUTED, CellError
from uploads.reading.layout import MappedColumn, RawRow, SheetLayout, WrongSheet, lay_out, month_in
from uploads.reading.refusal import FileRefusedError
from uploads.reading.workbook import read_workbook
from uploads.stamps import version_in


@dataclass(slots=True)
class CheckedFile:
    """What a file amounts to. `problems` are those of headers and sheets; rows carry their own."""

    rows: list[RegisterRow] = field(default_factory=list)
    skipped: int = 0
    problems: list[Problem] = field(default_factory=list)
    mapping: list[dict[str, Any]] = field(default_factory=list)
    month: datetime.date | None = None


def read_file(
    path: Path, file_name: str, sheet: RegisterSheet, remembered: Mapping[str, str], report: Reporter
) -> CheckedFile:
    """The cleaned rows of a file, not yet compared with the registers. Raises FileRefusedError."""
    report.step("读取文件")
    grids = read_workbook(path, file_name=file_name)
    others = [other() for other in registers() if other.name != sheet.name]
    try:
        layouts, wrong_sheets = lay_out(grids, sheet, others=others, remembered=remembered)
    except FileRefusedError as refused:
        if refused.problem_code in TEACHABLE:
            refused.headers = plausible_headers(grids, sheet, remembered)
        raise
    result = CheckedFile(skipped=sum(layout.skipped for layout in layouts))
    result.month = next((month for layout in layouts if (month := month_in(layout.title))), None)
    result.problems = [_wrong_sheet(wrong) for wrong in wrong_sheets]
    total = sum(len(layout.rows) for layout in layouts)
    report.step("整理数据", total)
    for layout in layouts:
        result.problems += _unknown_columns(layout)
        result.mapping.append(_described(layout))
        cleaner = _Cleaner(sheet, layout.columns)
        for raw in layout.rows:
            result.rows.append(cleaner.clean(raw))
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
        "template": version_in(layout.title),
        "header_rows": [layout.first_header_row, layout.last_header_row],
        "columns": [
            {"field": c.field, "header": c.header, "index": c.index}
            | ({} if c.multiplier == 1 else {"multiplier": str(c.multiplier)})
            for c in layout.columns
        ],
        "unknown": [header for _, header in layout.unknown],
        "ignored": layout.ignored,
    }


class _Cleaner:
    """Cleans the cells of one sheet by the register's columns, each distinct content of a column once."""

    def __init__(self, sheet: RegisterSheet, mapped: Sequence[MappedColumn]) -> None:
        by_field = {column.field: column for column in sheet.columns}
        self._positions = {column.field: column.index for column in mapped}
        # Per column: where it is, what it is, and what has been read in it (text apart, for it is most of a sheet).
        self._columns: list[tuple[int, str, Column, Decimal, dict[Any, Reading], dict[Any, Reading]]] = [
            (m.index, m.field, by_field[m.field], m.multiplier, {}, {}) for m in mapped
        ]

    def clean(self, raw_row: RawRow) -> RegisterRow:
        """One row with its values and the problems of single cells."""
        cells = raw_row.values
        row = RegisterRow({}, raw_row.sheet, raw_row.number, self._positions, cells)
        for index, name, column, multiplier, texts, others in self._columns:
            raw = cells[index]
            if raw == "":
                continue
            seen, key = (texts, raw) if raw.__class__ is str else (others, (raw.__class__, raw))
            reading = seen.get(key)
            if reading is None:
                reading = seen[key] = _read_cell(column, raw, multiplier)
            if reading.is_blank:
                continue
            if reading.code:
                row.take(name, reading)
            else:
                row.values[name] = reading.value
        return row


def _read_cell(column: Column, raw: Any, multiplier: Decimal) -> Reading:
    if isinstance(raw, CellError):
        return Reading(is_error=True, code="bad_formula", message=_about_formula(raw))
    return read_cell(column, raw, multiplier)


def _about_formula(cell: CellError) -> str:
    if cell == NOT_COMPUTED:
        return "公式还没有算出结果，请用Excel或WPS打开文件、保存后再上传，或直接填值"
    return f"公式出错（{cell}），请改正公式或直接填值"


class Rereader:
    """Reads cells of staged rows again, as the first reading did: those that had a problem, and corrected ones.

    `mapping` is `UploadBatch.mapping`, which remembers the unit of each column.
    """

    def __init__(self, sheet: RegisterSheet, mapping: Iterable[Mapping[str, Any]]) -> None:
        self._columns = {column.field: column for column in sheet.columns}
        self._multipliers = {
            (part["sheet"], column["field"]): Decimal(column.get("multiplier", 1))
            for part in mapping
            for column in part["columns"]
        }

    def read_again(self, row: RegisterRow) -> None:
        """Report once more what is wrong with the cells that were kept."""
        if row.raw is not None:
            for name, index in row.columns.items():
                if row.raw[index] is not NOT_KEPT:
                    self._read(row, name, row.raw[index])

    def correct(self, row: RegisterRow, name: str, text: str) -> None:
        """Read `text` in place of what the file has in the field's cell."""
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
        row.take(name, _read_cell(self._columns[name], cell, self._multipliers.get((row.sheet, name), Decimal(1))))


def compare_rows(rows: list[RegisterRow], sheet: RegisterSheet, context: CheckContext) -> None:
    """Let the register check the rows against itself, and complete the problems with header and value."""
    sheet.check(rows, context)
    columns = {column.field: column for column in sheet.columns}
    for row in rows:
        for problem in row.problems:
            column = columns.get(problem.field)
            if column is not None and not problem.column:
                problem.column = column.header
                problem.value = _as_shown(column, row)


def _as_shown(column: Column, row: RegisterRow) -> str:
    if row.raw is not None and column.field in row.columns:
        cell = row.raw[row.columns[column.field]]
        if cell is not NOT_KEPT:
            return column.shown(cell)
    return column.written(row.get(column.field))
