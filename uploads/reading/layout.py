"""Finding a register's table in the sheets of a file: header, columns, data rows, totals and footers."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Final

from changzhi_portal.registers.columns import Column, DecimalColumn, IntegerColumn, TextColumn
from changzhi_portal.registers.problems import cell_address
from changzhi_portal.registers.register import RegisterSheet
from uploads.reading.grid import Grid
from uploads.reading.headers import Header, is_serial, normal_header
from uploads.reading.lost_text import lost_sign
from uploads.reading.month_sheets import tables_of_other_months
from uploads.reading.months import month_in
from uploads.reading.recognition import Recogniser, Unclear, in_upload_order
from uploads.reading.refusal import FileRefusedError
from uploads.reading.rows import DataRows, RawRow
from uploads.reading.tables import FEWEST_FIELDS, Table, TableFinder, identifies
from uploads.reading.turned import reject_turned
from uploads.reading.units import names_own_unit, other_unit_of_title, unit_of_header, unit_of_title
from uploads.reading.unusable_files import (
    lacking_names,
    no_table,
    not_recognised,
    require_choice,
    require_columns,
    require_one_table,
)
from uploads.template_stamp import DICTIONARY_SHEET, PROBLEM_HEADING, PROBLEM_SHEET

__all__ = ["MappedColumn", "RawRow", "SheetLayout", "WrongSheet", "cell_address", "lay_out", "month_in"]

_MANY_ROWS: Final = 20  # below a header; no header has so many rows of totals and footers alone
NO_HEADER: Final = "（无列名）"  # shown for a column that has values but no label


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
    """The layout of one table of a sheet; a sheet may have several, one below the other.

    Header rows and `last_row` count from 1, as in Excel. `unknown` lists the address and header of columns that are
    not read; `reasons` gives by address why, where the header does match. `title` is all text above the sheet's
    first header: one line per row, cells separated by tabs. `skipped` counts totals, repeated headers and footers, not
    empty rows. `headings` are the rows and texts of headings such as 已注销, below which rows are read like any other.
    `depends_on_month` tells that the month of the file decided which columns are read.
    """

    name: str | None
    first_header_row: int
    last_header_row: int
    last_row: int
    columns: list[MappedColumn]
    unknown: list[tuple[str, str]]
    title: str
    rows: list[RawRow] = field(default_factory=list)
    skipped: int = 0
    ignored: list[str] = field(default_factory=list)  # headers that the office has chosen to ignore
    reasons: dict[str, str] = field(default_factory=dict)
    # Header → index of its column and its field ("" for none), of all labelled columns.
    headers: dict[str, tuple[int, str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # header → mapping name, of columns that share their name
    depends_on_month: bool = False
    headings: list[tuple[int, str]] = field(default_factory=list)
    own_title: str = ""  # the text above this table


@dataclass(slots=True)
class WrongSheet:
    """A sheet, or a table below another one, that was not read.

    Its name is that of another month, where the other sheets are of other months too (`is_of_other_month`). Else
    either it belongs to another register, whose name and title are given; or it has some columns of the chosen register
    but lacks the column `lacks`, without which records cannot be identified: a summary, a list of choices. `row` is the
    first row of its header where it is not the only table of its sheet, else None.
    """

    sheet: str | None
    register: str = ""
    title: str = ""
    lacks: str = ""
    row: int | None = None
    between: tuple[str, ...] = ()  # titles of registers that fit it about equally, where none was chosen
    is_of_other_month: bool = False

    @property
    def is_of_this_register(self) -> bool:
        """Return whether only the chosen register could read it: no other batch of the file does, or names it."""
        return bool(self.lacks) or self.is_of_other_month

    @property
    def message(self) -> str:
        """Return the sentence for the uploader."""
        where = f"工作表“{self.sheet}”" if self.sheet else ""
        if self.row is not None:
            where = f"{where}第{self.row}行起的表"
        where = where or "这张表"
        if self.is_of_other_month:
            return f"{where}不是本期的表，这次没有读取；确实要报这张的，请另存为一个文件，或改选月份"
        if self.lacks:
            return f"{where}没有{self.lacks}列，不像明细表，这次没有读取"
        if self.between:
            return f"{where}像是“{'”的表，又像“'.join(self.between)}”的表，这次没有读取；请选定登记表，另行上传"
        if not self.title:
            return f"{where}没有可以读取的列，不像明细表，这次没有读取"
        return f"{where}像是“{self.title}”的表，这次没有读取；请在“{self.title}”中另行上传"


def lay_out(
    grids: Sequence[Grid],
    register: RegisterSheet,
    *,
    others: Sequence[RegisterSheet],
    remembered: Mapping[str, str] | None = None,
    month: datetime.date | None = None,
    today: datetime.date | None = None,
    recogniser: Recogniser | None = None,
) -> tuple[list[SheetLayout], list[WrongSheet]]:
    """Return the layouts of the register's tables, and the sheets and tables that were not read.

    `others` are the registers that the file might be meant for instead. `remembered` maps a header, normalised by
    `headers.normal_header`, to a field, or to "" to ignore that column. `month` is the month that the user has chosen; by
    default that of the title counts, else the month of `today`. With a `recogniser` the tables of the other registers are
    read for those, and are not among those not read. Raises FileRefusedError with the code empty_sheet, unreadable_file,
    header_not_found, missing_column or wrong_register.
    """
    finder = TableFinder(register, others, remembered, month=month, today=today, recogniser=recogniser)
    written = _written(grids)
    tables = [table for grid in written for table in finder.tables(grid)]
    wrong = [
        _wrong(table, other=table.other)
        for table in tables
        if table.other is not None and (recogniser is None or isinstance(table.other, Unclear))
    ]
    own = [table for table in tables if table.other is None]
    known = [table for table in own if len(table.header.mentioned) >= FEWEST_FIELDS]
    complete = [table for table in known if identifies(register, table.header)]
    if not complete and not wrong:
        reject_turned(written, register)
    if not known:
        raise no_table(register, wrong, lost_sign(written))
    when = month or today
    of_others = (
        tables_of_other_months(complete, when, register.day_field)
        if register.has_dated_figures and when is not None
        else []
    )
    complete = [table for table in complete if table not in of_others]
    for table in complete or known[:1]:
        _leave_out_other_units(table, register, remembered or {})
        require_one_table(table)
        require_choice(register, table)
        require_columns(register, table)
    for table in own:
        if table in of_others:
            row = None if table.is_only else table.header.first + 1
            wrong.append(WrongSheet(table.grid.name, row=row, is_of_other_month=True))
        elif table not in complete:
            lacking = lacking_names(register, set(table.header.fields.values()))
            wrong.append(_wrong(table, lacks=lacking[0] if lacking else ""))
    for table in complete:
        _leave_out_box_beside(table, register, remembered or {})
    layouts = [_layout_of(table, register) for table in complete]
    for layout in layouts:
        layout.depends_on_month = layout.depends_on_month or bool(of_others)
    if not any(layout.rows for layout in layouts):
        raise FileRefusedError(
            "empty_sheet",
            "只有表头，没有数据行，请填好数据后再上传",
            cure="There is a header but no row of data below it; fill it in.",
        )
    return layouts, wrong


def recognised_registers(grids: Sequence[Grid], recogniser: Recogniser) -> list[RegisterSheet]:
    """Return the registers whose tables are in a file, in the order in which offices upload them; at least one.

    Tables without rows of data count only where no table has any. Raises FileRefusedError with the code empty_sheet;
    header_not_found if no table is a register's, unreadable_file if its texts are lost, wrong_register if each might be
    that of several.
    """
    first, *others = recogniser.registers
    finder = TableFinder(first, others, None, recogniser=recogniser)
    written = _written(grids)
    tables = [table for grid in written for table in finder.tables(grid)]
    owned: list[tuple[RegisterSheet, Table]] = []
    for table in tables:
        owner = table.other or first
        if not isinstance(owner, Unclear):
            owned.append((owner, table))
    if not owned:
        raise not_recognised([_wrong(table, other=table.other) for table in tables], lost_sign(written))
    filled = [owner for owner, table in owned if _has_rows(table, owner)]
    return in_upload_order(filled or [owner for owner, _ in owned[:1]], recogniser.registers)


def _has_rows(table: Table, register: RegisterSheet) -> bool:
    """Return whether a table has rows of data; one with many written rows needs no closer look."""
    below = (row for row in table.grid.rows[table.header.last + 1 : table.stop] if any(cell != "" for cell in row))
    return len(list(islice(below, _MANY_ROWS))) == _MANY_ROWS or bool(_layout_of(table, register).rows)


def _written(grids: Sequence[Grid]) -> list[Grid]:
    """Return the sheets that may have tables. Raises FileRefusedError (empty_sheet) when there are none."""
    written = [
        grid for grid in grids if any(cell != "" for row in grid.rows for cell in row) and not is_problem_list(grid)
    ]
    # The lists of choices in our templates are hidden, but some programs forget that.
    written = [grid for grid in written if len(written) == 1 or grid.name != DICTIONARY_SHEET]
    if not written:
        raise FileRefusedError(
            "empty_sheet", "文件里没有内容，请填好数据后再上传", cure="The visible sheets are empty; fill them in."
        )
    return written


def is_problem_list(grid: Grid) -> bool:
    """Return whether a sheet is our own list of problems, which came back with the corrected workbook."""
    first = next((cell for row in grid.rows[:3] for cell in row if cell != ""), "")
    return (grid.name or "").startswith(PROBLEM_SHEET) and str(first).startswith(PROBLEM_HEADING)


def _wrong(table: Table, *, other: RegisterSheet | Unclear | None = None, lacks: str = "") -> WrongSheet:
    row = None if table.is_only else table.header.first + 1
    register, title = (other.name, other.title) if other is not None else ("", "")
    between = other.between if isinstance(other, Unclear) else ()
    return WrongSheet(table.grid.name, register, title, lacks, row, between)


def _leave_out_other_units(table: Table, register: RegisterSheet, remembered: Mapping[str, str]) -> None:
    """Do not read areas and counts where the line above the table gives them a unit that the register does not have (亩)."""
    found = other_unit_of_title(table.title) or other_unit_of_title(table.sheet_title)
    if found is None:
        return
    unit, is_area = found
    labels = table.header.labels()
    for index, name in list(table.header.fields.items()):
        column = register.column(name)
        kind = DecimalColumn if is_area else IntegerColumn
        if not isinstance(column, kind) or column.counts_yuan or labels[index].name in remembered:
            continue
        if not names_own_unit(labels[index].labels, is_area=is_area):
            del table.header.fields[index]
            table.header.other_units[index] = (name, unit)


def _leave_out_box_beside(table: Table, register: RegisterSheet, remembered: Mapping[str, str]) -> None:
    """Do not read a box of explanations at the right of a table, beyond a blank column, as the records' own remarks."""
    header = table.header
    index = max(header.fields, default=0)
    column = register.column(header.fields[index]) if header.fields else None
    labels = header.labels()
    if not isinstance(column, TextColumn) or column.is_identifying or index != max(labels) or index - 1 in labels:
        return
    if normal_header(labels[index].text) in remembered:
        return
    is_of_wide_label = any(
        top <= header.last and bottom >= header.first and left < index <= right + 1
        for top, left, bottom, right in table.grid.merged
    )
    rows = table.grid.rows[header.last + 1 : table.stop]
    if index and not is_of_wide_label and all(len(row) < index or row[index - 1] == "" for row in rows):
        del header.fields[index]
        header.boxes.add(index)


def _layout_of(table: Table, register: RegisterSheet) -> SheetLayout:
    grid, header = table.grid, table.header
    column_of = {column.field: column for column in register.columns}
    unit = unit_of_title(table.title) or unit_of_title(table.sheet_title) or Decimal(1)
    labels = header.labels()
    columns = [
        MappedColumn(
            name,
            labels[index].title,
            index,
            (unit_of_header(labels[index].labels) or unit) if column_of[name].counts_yuan else Decimal(1),
        )
        for index, name in header.fields.items()
    ]
    data = DataRows(
        grid,
        header_rows=range(header.first, header.last + 1),
        fields=header.fields,
        carried=[index for index, name in header.fields.items() if _is_carried(column_of[name])],
        naming=[index for index, name in header.fields.items() if _is_naming(column_of[name])],
        titles=[text for text in re.split(r"[\n\t]", f"{table.sheet_title}\n{table.title}") if text],
        stop=table.stop,
        left_out=table.repeats,
        title_rows=range(table.first, header.first) if table.first else range(0),
    )
    heads = sum(1 for row in grid.rows[table.first : header.last + 1] if row) if table.first else 0
    unknown, reasons = _unknown(header, [grid.rows[row.number - 1] for row in data.rows], column_of)
    return SheetLayout(
        name=grid.name,
        first_header_row=header.first + 1,
        last_header_row=header.last + 1,
        last_row=table.stop,
        columns=columns,
        unknown=unknown,
        title=table.sheet_title,
        rows=data.rows,
        skipped=data.skipped + heads,
        ignored=[labels[index].title for index in sorted(header.ignored)],
        reasons=reasons,
        headers={column.title: (column.index, header.fields.get(column.index, "")) for column in header.columns},
        names=names_of_repeated(header),
        depends_on_month=header.depends_on_month,
        headings=data.headings,
        own_title=table.title or table.sheet_title,
    )


def names_of_repeated(header: Header) -> dict[str, str]:
    """Return the mapping name of each column that shares its name with another, by its header as users are told it."""
    return {column.title: column.name for column in header.columns if column.ordinal}


def _is_carried(column: Column) -> bool:
    """Return whether a merged cell's value applies to each of its rows; a merged number counts only once."""
    return not isinstance(column, IntegerColumn | DecimalColumn)


def _is_naming(column: Column) -> bool:
    """Return whether a column names the record of a row, or its place."""
    return column.is_key or (isinstance(column, TextColumn) and column.is_identifying and not column.is_link)


def _unknown(
    header: Header, body: Sequence[Sequence[object]], column_of: Mapping[str, Column]
) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Return address and text of the columns that are not read, and by address the reason if it is a special one.

    They are the header cells that match no column (except 序号), or one that another column is read for, and unlabelled
    columns with values.
    """
    unknown = []
    reasons = {}
    labels = header.labels()
    read_for = {name: labels[index].title for index, name in header.fields.items()}
    for position, column in enumerate(header.columns):
        index = column.index
        if index in header.fields or index in header.ignored:
            continue
        name = normal_header(column.labels[-1])
        if is_serial(name) or (position == 0 and name == "编号"):
            continue
        address = cell_address(column.row + 1, index)
        unknown.append((index, address, column.title))
        if index in header.earlier:
            title = column_of[header.earlier[index]].header
            reasons[address] = f"这一列不是本期的“{title}”，没有读取；确实要读的，请手工对应"
        elif index in header.other_units:
            _, unit = header.other_units[index]
            reasons[address] = f"表上面写的单位是“{unit}”，这一列没有读取；请换算后填写，或者在列名里写明单位"
        elif index in header.boxes:
            reasons[address] = "这一列与左边的表隔开了一列，像是填表说明，没有读取；确实要读的，请手工对应"
        elif index in header.spare and header.spare[index] in read_for:
            other, title = read_for[header.spare[index]], column_of[header.spare[index]].header
            reasons[address] = f"“{title}”读取的是“{other}”列，这一列没有读取；应当读这一列的，请手工对应"
    for index in range(max((len(row) for row in body), default=0)):
        if index not in labels and any(index < len(row) and row[index] != "" for row in body):
            unknown.append((index, cell_address(header.last + 1, index), NO_HEADER))
    return [(address, text) for _, address, text in sorted(unknown)], reasons
