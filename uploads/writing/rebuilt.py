"""Writing a file's cells to a new .xlsx with its problems marked: for .xls, .ods, .csv, HTML and unusual .xlsx files."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import IO, Any, Final

import xlsxwriter
from xlsxwriter.exceptions import OverlappingRange
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from uploads.reading.grid import Grid, MergedRange
from uploads.template_stamp import PROBLEM_SHEET
from uploads.writing.notes import AUTHOR
from uploads.writing.orders import Fix, Orders
from uploads.writing.problem_list import (
    CELL_COLUMN,
    MOST_NOTES,
    Entry,
    Mark,
    Position,
    ProblemList,
    marks_by_sheet,
    position_of,
    visible_marks,
)
from uploads.writing.problem_sheet import HEADER_ROWS
from uploads.writing.styles import COLOURS

NAMELESS: Final = "数据"  # sheet name for a file format without sheets
_LONGEST_NAME: Final = 31
_A4: Final = 9  # Excel's number of the paper
_FORBIDDEN: Final = str.maketrans("[]:*?/\\", "（）：＊？／＼")
_LARGEST_MERGE: Final = 100_000  # cells; a larger range is a mistake and is not merged
_FIRST_SAFE_DAY: Final = datetime.date(1900, 3, 1)
_MEASURED_ROWS: Final = 200
_EXACT_INTEGER: Final = 10**15


def rebuild_workbook(grids: Sequence[Grid], orders: Orders, target: IO[bytes]) -> None:
    """Write an .xlsx with the list of problems and the grids' cells, marked and corrected, at their original addresses."""
    entries = orders.entries
    grids = [grid for grid in grids if not (grid.name or "").startswith(PROBLEM_SHEET)]
    names = _sheet_names(grids)
    marks = marks_by_sheet(entries)
    # xlsxwriter can write row by row only if no merged cells span several rows.
    is_flat = not any(bottom > top for grid in grids for top, _, bottom, _ in grid.merged)
    options = {"constant_memory": is_flat, "nan_inf_to_errors": True, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        formats = _Formats(book)
        _write_list(book, entries, {grid.name: name for grid, name in zip(grids, names, strict=True)})
        for grid, name in zip(grids, names, strict=True):
            _correct(grid, orders.fixes_of(grid.name))
            _write_grid(book.add_worksheet(name), grid, marks.get(grid.name, {}), formats)


def _correct(grid: Grid, fixes: Mapping[Position, Fix]) -> None:
    """Write the corrected cells into the grid."""
    rows = list(grid.rows)
    for (row, column), fix in fixes.items():
        rows += [[]] * (row + 1 - len(rows))
        cells = list(rows[row])
        cells += [""] * (column + 1 - len(cells))
        number = fix.number
        cells[column] = (float(number) if "." in number else int(number)) if number else fix.text.strip()
        rows[row] = cells
    grid.rows = rows


def _sheet_names(grids: Sequence[Grid]) -> list[str]:
    """Return sheet names that Excel accepts, all different."""
    names: list[str] = []
    for grid in grids:
        preferred = (grid.name or NAMELESS).translate(_FORBIDDEN).strip("'")[:_LONGEST_NAME] or NAMELESS
        name, number = preferred, 1
        while name.casefold() in {other.casefold() for other in (*names, PROBLEM_SHEET)}:
            number += 1
            name = f"{preferred[: _LONGEST_NAME - len(str(number))]}{number}"
        names.append(name)
    return names


class _Formats:
    """Cache of cell formats by number format and level."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._formats: dict[tuple[str, str | None], Format] = {}

    def of(self, number_format: str, level: str | None) -> Format:
        if (number_format, level) not in self._formats:
            properties = {"num_format": number_format} if number_format else {}
            if level is not None:
                properties |= {"bg_color": f"#{COLOURS[level][2:]}"}
            self._formats[number_format, level] = self._book.add_format(properties)
        return self._formats[number_format, level]


def _write_list(book: xlsxwriter.Workbook, entries: list[Entry], names: Mapping[str | None, str]) -> None:
    page = book.add_worksheet(PROBLEM_SHEET)
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    listing = ProblemList(entries)
    linked_column = listing.columns.index(CELL_COLUMN)
    for index, column in enumerate(listing.columns):
        page.set_column(index, index, column.width)
    page.write_string(0, 0, listing.heading, bold)
    page.write_string(1, 0, listing.advice)
    page.write_row(2, 0, [column.header for column in listing.columns], bold)
    page.freeze_panes(HEADER_ROWS, 0)
    page.repeat_rows(0, HEADER_ROWS - 1)
    page.set_landscape()
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
    page.set_footer("&C第&P页，共&N页")
    for number, entry in enumerate(listing.listed, start=HEADER_ROWS):
        name = names.get(entry.sheet, entry.sheet or "")
        for index, text in enumerate(listing.texts_of(entry, sheet=name)):
            if index == linked_column and entry.sheet in names and position_of(text):
                quoted = name.replace("'", "''")
                page.write_url(number, index, f"internal:'{quoted}'!{text}", string=text)
            else:
                page.write_string(number, index, text, wrapped)
    page.activate()


def _write_grid(page: Worksheet, grid: Grid, marks: Mapping[Position, Mark], formats: _Formats) -> None:
    for index, width in enumerate(_widths(grid)):
        page.set_column(index, index, width)
    ranges = [area for area in sorted(grid.merged) if _is_worth_merging(*area)]
    merged_from: dict[int, list[MergedRange]] = {}
    for area in ranges:
        merged_from.setdefault(area[0], []).append(area)
    marked_in: dict[int, dict[int, Mark]] = {}
    for (row, column), seen in visible_marks(marks, ranges).items():
        marked_in.setdefault(row, {})[column] = seen
    noted = 0
    for row, cells in enumerate(grid.rows):
        _merge(page, merged_from.get(row, ()))
        marked = marked_in.get(row, {})
        for column in range(max(len(cells), *(column + 1 for column in marked), 0)):
            mark = marked.get(column)
            value = cells[column] if column < len(cells) else ""
            if value == "" and mark is None:
                continue
            _write_value(page, row, column, value, mark, formats)
            if mark is not None and noted < MOST_NOTES:
                page.write_comment(row, column, f"{AUTHOR}：\n{mark.note}", {"x_scale": 1.6, "author": AUTHOR})
                noted += 1


def _is_worth_merging(top: int, first: int, bottom: int, last: int) -> bool:
    return (bottom, last) != (top, first) and (bottom - top + 1) * (last - first + 1) <= _LARGEST_MERGE


def _merge(page: Worksheet, ranges: Sequence[MergedRange]) -> None:
    """Merge the ranges that begin in the next row to be written; earlier rows cannot be changed any more."""
    for area in ranges:
        try:
            page.merge_range(*area, "")
        except OverlappingRange:
            continue  # overlapping ranges are possible in HTML, not in Excel; the first one is kept


def _write_value(page: Worksheet, row: int, column: int, value: Any, mark: Mark | None, formats: _Formats) -> None:
    """Write a cell so that reading it again returns the same value."""
    level = mark.level if mark else None
    if isinstance(value, bool):
        page.write_boolean(row, column, value, formats.of("", level))
    elif isinstance(value, datetime.datetime | datetime.date) and _day_of(value) >= _FIRST_SAFE_DAY:
        is_day = not isinstance(value, datetime.datetime) or value.time() == datetime.time()
        page.write_datetime(row, column, value, formats.of("yyyy-mm-dd" if is_day else "yyyy-mm-dd hh:mm", level))
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) < _EXACT_INTEGER):
        page.write_number(row, column, value, formats.of("", level))
    elif value == "":
        page.write_blank(row, column, None, formats.of("@", level))
    else:
        page.write_string(row, column, str(value)[:32_767], formats.of("@", level))


def _day_of(value: datetime.date) -> datetime.date:
    return value.date() if isinstance(value, datetime.datetime) else value


def _widths(grid: Grid) -> list[int]:
    widths: list[int] = []
    for cells in grid.rows[:_MEASURED_ROWS]:
        for column, value in enumerate(cells):
            if column == len(widths):
                widths.append(8)
            text = str(value)
            # A long text over an empty neighbour is a title, not a column's content.
            if 0 < len(text) <= 40:
                widths[column] = max(widths[column], min(4 + sum(2 if ord(sign) > 255 else 1 for sign in text), 40))
    return widths
