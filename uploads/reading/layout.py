"""Finding a register's table in the sheets of a file: header, columns, data rows, totals and footers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from changzhi_portal.registers.columns import Column, DecimalColumn, IntegerColumn
from changzhi_portal.registers.problems import cell_address
from changzhi_portal.registers.register import RegisterSheet
from uploads.reading.grid import Grid
from uploads.reading.headers import LAST_FIRST_ROW, Header, HeaderSearch, Matcher, is_serial, normal_header
from uploads.reading.months import month_in
from uploads.reading.refusal import FileRefusedError
from uploads.reading.rows import DataRows, RawRow
from uploads.template_stamp import PROBLEM_HEADING, PROBLEM_SHEET

__all__ = ["MappedColumn", "RawRow", "SheetLayout", "WrongSheet", "cell_address", "lay_out", "month_in"]

NO_HEADER: Final = "（无列名）"  # shown for a column that has values but no label
_FEWEST_FIELDS: Final = 2  # a row with a single known word may match by chance
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
class SheetLayout:
    """The layout found in one sheet.

    Header rows count from 1, as in Excel. `unknown` lists the address and text of header cells that match no column.
    `title` is all text above the header: one line per row, cells separated by tabs. `skipped` counts totals, repeated
    headers and footers, not empty rows.
    """

    name: str | None
    first_header_row: int
    last_header_row: int
    columns: list[MappedColumn]
    unknown: list[tuple[str, str]]
    title: str
    rows: list[RawRow] = field(default_factory=list)
    skipped: int = 0
    ignored: list[str] = field(default_factory=list)  # headers that the office has chosen to ignore


@dataclass(slots=True)
class WrongSheet:
    """A sheet of the same workbook that looks like a table but was not read.

    Either it belongs to another register, whose name and title are given; or it has some columns of the chosen register
    but lacks the column `lacks`, without which records cannot be identified: a summary, a list of choices.
    """

    sheet: str | None
    register: str = ""
    title: str = ""
    lacks: str = ""

    @property
    def message(self) -> str:
        """Return the sentence for the uploader."""
        if self.lacks:
            return f"工作表“{self.sheet}”没有{self.lacks}列，不像明细表，这次没有读取"
        return f"工作表“{self.sheet}”像是“{self.title}”的表，这次没有读取；请在“{self.title}”中另行上传"


def lay_out(
    grids: Sequence[Grid],
    register: RegisterSheet,
    *,
    others: Sequence[RegisterSheet],
    remembered: Mapping[str, str] | None = None,
) -> tuple[list[SheetLayout], list[WrongSheet]]:
    """Return the layouts of the sheets with the register's table, and the sheets with a table that was not read.

    `others` are the registers that the file might be meant for instead. `remembered` maps a header, normalised by
    `headers.normal_header`, to a field, or to "" to ignore that column. Raises FileRefusedError with the code
    empty_sheet, header_not_found, missing_column or wrong_register.
    """
    written = [
        grid for grid in grids if any(cell != "" for row in grid.rows for cell in row) and not is_problem_list(grid)
    ]
    if not written:
        raise FileRefusedError(
            "empty_sheet", "文件里没有内容，请填好数据后再上传", cure="The visible sheets are empty; fill them in."
        )
    matcher = Matcher(register.columns, remembered)
    other_matchers = [(other, Matcher(other.columns)) for other in others]
    tables: list[tuple[Grid, Header]] = []
    wrong: list[WrongSheet] = []
    for grid in written:
        search = HeaderSearch(grid)
        own = search.best(matcher)
        other = _better_register(search, own, register, other_matchers)
        if other is not None:
            wrong.append(WrongSheet(grid.name, other.name, other.title))
        elif own is not None and len(own.fields) >= _FEWEST_FIELDS:
            tables.append((grid, own))
    if not tables:
        raise _no_table(register, wrong)
    complete = [(grid, header) for grid, header in tables if _identifies(register, header)]
    for grid, header in complete or tables[:1]:
        _require_columns(register, grid, header)
    for grid, header in tables:
        if lacking := _lacking_names(register, header):
            wrong.append(WrongSheet(grid.name, lacks=lacking[0]))
    layouts = [_layout_of(grid, header, register) for grid, header in complete]
    if not any(layout.rows for layout in layouts):
        raise FileRefusedError(
            "empty_sheet",
            "只有表头，没有数据行，请填好数据后再上传",
            cure="There is a header but no row of data below it; fill it in.",
        )
    return layouts, wrong


def is_problem_list(grid: Grid) -> bool:
    """Return whether a sheet is our own list of problems, which came back with the corrected workbook."""
    first = next((cell for row in grid.rows[:3] for cell in row if cell != ""), "")
    return (grid.name or "").startswith(PROBLEM_SHEET) and str(first).startswith(PROBLEM_HEADING)


def _identifies(register: RegisterSheet, header: Header) -> bool:
    """Return whether the header has columns that identify a record; a summary or a list of choices has none."""
    fields = set(header.fields.values())
    return any(fields.issuperset(group) for group in register.identifying)


def _better_register(
    search: HeaderSearch, own: Header | None, register: RegisterSheet, others: Sequence[tuple[RegisterSheet, Matcher]]
) -> RegisterSheet | None:
    """Return the other register that a sheet belongs to; None when it belongs to the chosen one or to none.

    Registers share columns (places, phone, remarks), so only columns that one of the two registers has are counted. A
    sheet with at least two such columns of the chosen register and the columns that identify its records belongs to the
    chosen register, whatever other columns it has.
    """
    own_columns = set(own.fields) if own else set()
    best, best_count = None, 0
    for other, matcher in others:
        header = search.best(matcher)
        if header is None or not _identifies(other, header):
            continue
        theirs, ours = len(set(header.fields) - own_columns), len(own_columns - set(header.fields))
        keeps = own is not None and ours >= 2 and _identifies(register, own)
        if theirs > ours and not keeps and len(header.fields) > max(best_count, _FEWEST_FIELDS):
            best, best_count = other, len(header.fields)
    return best


def _no_table(register: RegisterSheet, wrong: Sequence[WrongSheet]) -> FileRefusedError:
    if wrong:
        title = wrong[0].title
        return FileRefusedError(
            "wrong_register",
            f"这像是“{title}”的表，不是“{register.title}”的表，请改在“{title}”中上传，或换成正确的文件",
            cure=f"This looks like the register {wrong[0].register!r}, not {register.name!r}.",
        )
    known = "、".join(f"“{column.header}”" for column in register.columns if column.required or column.is_key)
    return FileRefusedError(
        "header_not_found",
        f"前{LAST_FIRST_ROW}行里没有找到“{register.title}”表的表头（如{known}），请下载模板，按模板的列名填写后上传",
        cure=f"None of the first {LAST_FIRST_ROW} rows holds the headers of {register.name!r}; use the template.",
    )


def _require_columns(register: RegisterSheet, grid: Grid, header: Header) -> None:
    """Raise FileRefusedError (missing_column) unless all required and identifying columns are there."""
    fields = set(header.fields.values())
    missing = [f"“{column.header}”" for column in register.columns if column.required and column.field not in fields]
    missing += [name for name in _lacking_names(register, header) if name not in missing]
    if missing:
        where = f"工作表“{grid.name}”的" if grid.name else ""
        raise FileRefusedError(
            "missing_column",
            f"{where}表头缺少{'、'.join(missing)}列，请补上后重新上传；只是列名不同的，按模板改列名，或者手工对应",
            cure=f"Required columns are missing: {', '.join(missing)}.",
        )


def _lacking_names(register: RegisterSheet, header: Header) -> list[str]:
    """Return the missing columns that would identify a record; none when records can be identified."""
    if _identifies(register, header):
        return []
    fields = set(header.fields.values())
    nearest = min(register.identifying, key=lambda group: len(set(group) - fields))
    return [f"“{register.column(name).header}”" for name in nearest if name not in fields]


def _layout_of(grid: Grid, header: Header, register: RegisterSheet) -> SheetLayout:
    column_of = {column.field: column for column in register.columns}
    titles = [[str(cell).strip() for cell in row if cell != ""] for row in grid.rows[: header.first]]
    title = "\n".join("\t".join(texts) for texts in titles if texts)
    header_of = {column.index: column for column in header.columns}
    columns = [
        MappedColumn(
            name,
            header_of[index].text,
            index,
            _multiplier(header_of[index].labels, title) if column_of[name].counts_yuan else Decimal(1),
        )
        for index, name in header.fields.items()
    ]
    data = DataRows(
        grid,
        header_rows=range(header.first, header.last + 1),
        fields=header.fields,
        carried=[index for index, name in header.fields.items() if _is_carried(column_of[name])],
        titles=[text for texts in titles for text in texts],
    )
    return SheetLayout(
        name=grid.name,
        first_header_row=header.first + 1,
        last_header_row=header.last + 1,
        columns=columns,
        unknown=_unknown(header, [grid.rows[row.number - 1] for row in data.rows]),
        title=title,
        rows=data.rows,
        skipped=data.skipped,
        ignored=[header_of[index].text for index in sorted(header.ignored)],
    )


def _is_carried(column: Column) -> bool:
    """Return whether a merged cell's value applies to each of its rows; a merged number counts only once."""
    return not isinstance(column, IntegerColumn | DecimalColumn)


def _multiplier(labels: Sequence[str], title: str) -> Decimal:
    """Return the yuan in one unit of a column, from its header, else from the unit line above the table, else 1."""
    for label in reversed(labels):
        if match := _MONEY_UNIT.search(label):
            return _YUAN[match[0]]
    line = _UNIT_LINE.search(title)
    return _YUAN[line[1]] if line else Decimal(1)


def _unknown(header: Header, body: Sequence[Sequence[object]]) -> list[tuple[str, str]]:
    """Return address and text of header cells that match no column (except 序号), and of unlabelled columns with values."""
    unknown = []
    labelled = {column.index for column in header.columns}
    for position, column in enumerate(header.columns):
        if column.index in header.fields or column.index in header.ignored:
            continue
        name = normal_header(column.labels[-1])
        if not is_serial(name) and not (position == 0 and name == "编号"):
            unknown.append((column.index, cell_address(column.row + 1, column.index), column.text))
    for index in range(max((len(row) for row in body), default=0)):
        if index not in labelled and any(index < len(row) and row[index] != "" for row in body):
            unknown.append((index, cell_address(header.last + 1, index), NO_HEADER))
    return [(address, text) for _, address, text in sorted(unknown)]
