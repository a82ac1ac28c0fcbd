"""From a file to checked rows: read, find the table, clean every cell, let the register compare."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from changzhi_portal.names import tidy
from changzhi_portal.registers.cleaning import CLEAR_WORD
from changzhi_portal.registers.columns import CLEAR, Column
from changzhi_portal.registers.problems import CellRefusedError, Doubtful, Level, Problem
from changzhi_portal.registers.register import ROWS_BETWEEN_REPORTS, CheckContext, RegisterSheet, SheetRow
from uploads.mapping import TEACHABLE, plausible_headers
from uploads.progress import Reporter
from uploads.rawcells import NOT_KEPT
from uploads.reading.grid import NOT_COMPUTED, CellError
from uploads.reading.layout import MappedColumn, RawRow, SheetLayout, WrongSheet, lay_out, month_in
from uploads.reading.refusal import FileRefusedError
from uploads.reading.workbook import read_workbook
from uploads.registry import registers
from uploads.stamps import version_in

# No column takes as much. A quotation mark that is never closed makes one cell of the rest of a .csv, and looking for
# numbers in that would take hours.
LONGEST_CELL = 5_000


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


@dataclass(slots=True)
class _Reading:
    """What one distinct cell content means in one column; remembered, because offices repeat themselves."""

    value: Any = None
    is_blank: bool = False
    code: str = ""
    message: str = ""
    is_error: bool = False


class _Cleaner:
    """Cleans the cells of one sheet by the register's columns, each distinct content of a column once."""

    def __init__(self, sheet: RegisterSheet, mapped: Sequence[MappedColumn]) -> None:
        by_field = {column.field: column for column in sheet.columns}
        self._positions = {column.field: column.index for column in mapped}
        # Per column: where it is, what it is, and what has been read in it (text apart, for it is most of a sheet).
        self._columns: list[tuple[int, str, Column, Decimal, dict[Any, _Reading], dict[Any, _Reading]]] = [
            (m.index, m.field, by_field[m.field], m.multiplier, {}, {}) for m in mapped
        ]

    def clean(self, raw_row: RawRow) -> SheetRow:
        """One row with its values and the problems of single cells."""
        cells = raw_row.values
        row = SheetRow(raw_row.sheet, raw_row.number, self._positions, {}, raw=cells)
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
                _take(row, name, reading)
            else:
                row.values[name] = reading.value
        return row


def _read_cell(column: Column, raw: Any, multiplier: Decimal) -> _Reading:
    if isinstance(raw, CellError):
        return _Reading(is_error=True, code="bad_formula", message=_about_formula(raw))
    if isinstance(raw, str) and len(raw) > LONGEST_CELL:
        return _Reading(
            is_error=True, code="too_long", message=f"这一格有{len(raw)}个字，可能是前面少了半个引号，请核对"
        )
    if raw == "" or column.is_blank(raw):
        return _Reading(is_blank=True)
    if isinstance(raw, str) and tidy(raw) == CLEAR_WORD:
        return _Reading(value=CLEAR)
    try:
        value = column.clean(raw, multiplier)
    except CellRefusedError as refused:
        return _Reading(is_error=True, code=refused.code, message=str(refused))
    if isinstance(value, Doubtful):
        return _Reading(value=value.value, code=value.code, message=value.message)
    return _Reading(value=value)


def _about_formula(cell: CellError) -> str:
    if cell == NOT_COMPUTED:
        return "公式还没有算出结果，请用Excel或WPS打开文件、保存后再上传，或直接填值"
    return f"公式出错（{cell}），请改正公式或直接填值"


def _take(row: SheetRow, name: str, reading: _Reading) -> None:
    """Give a row what one of its cells says."""
    if reading.is_blank:
        return
    if reading.is_error:
        row.refused.add(name)
    else:
        row.values[name] = reading.value
    if reading.code:
        level = Level.ERROR if reading.is_error else Level.WARNING
        row.report(reading.code, reading.message, name, level=level)


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

    def read_again(self, row: SheetRow) -> None:
        """Report once more what is wrong with the cells that were kept."""
        if row.raw is not None:
            for name, index in row.columns.items():
                if row.raw[index] is not NOT_KEPT:
                    self._read(row, name, row.raw[index])

    def correct(self, row: SheetRow, name: str, text: str) -> None:
        """Read `text` in place of what the file has in the field's cell."""
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
        _take(row, name, _read_cell(self._columns[name], cell, self._multipliers.get((row.sheet, name), Decimal(1))))


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
    if row.raw is not None and column.field in row.columns:
        cell = row.raw[row.columns[column.field]]
        if cell is not NOT_KEPT:
            return column.shown(cell)
    return column.written(row.get(column.field))
