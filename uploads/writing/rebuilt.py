"""A file's cells written anew as .xlsx, with its problems marked: for .xls, .ods, .csv and HTML, and what is too odd to edit."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import xlsxwriter
from xlsxwriter.exceptions import OverlappingRange
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from changzhi_portal.registers.problems import Level
from uploads.reading.grid import Grid, MergedRange
from uploads.template_stamp import PROBLEM_SHEET
from uploads.writing.notes import AUTHOR
from uploads.writing.problem_list import (
    ADVICE,
    HEADERS,
    LEVEL_WORDS,
    MOST_LISTED,
    MOST_NOTES,
    WIDTHS,
    Entry,
    Mark,
    Position,
    heading_of,
    marks_by_sheet,
    moved,
    position_of,
)
from uploads.writing.styles import COLOURS

NAMELESS: Final = "数据"  # the sheet of a file that knows no sheets
_LONGEST_NAME: Final = 31
_FORBIDDEN: Final = str.maketrans("[]:*?/\\", "（）：＊？／＼")
_LARGEST_MERGE: Final = 100_000  # cells; a larger one is an accident, and its cells are written singly
_FIRST_SAFE_DAY: Final = datetime.date(1900, 3, 1)
_MEASURED_ROWS: Final = 200
_EXACT_INTEGER: Final = 10**15


def rebuild_workbook(grids: Sequence[Grid], entries: list[Entry]) -> bytes:
    """An .xlsx of the grids' cells at their own addresses, marked, behind the list of problems."""
    grids = [grid for grid in grids if not (grid.name or "").startswith(PROBLEM_SHEET)]
    names = _sheet_names(grids)
    marks = marks_by_sheet(entries)
    # Row by row as long as no merged cells reach down; those need the whole sheet at hand.
    is_flat = not any(bottom > top for grid in grids for top, _, bottom, _ in grid.merged)
    target = io.BytesIO()
    options = {"constant_memory": is_flat, "nan_inf_to_errors": True, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        looks = _Looks(book)
        _write_list(book, entries, {grid.name: name for grid, name in zip(grids, names, strict=True)})
        for grid, name in zip(grids, names, strict=True):
            _write_grid(book.add_worksheet(name), grid, marks.get(grid.name, {}), looks)
    return target.getvalue()


def _sheet_names(grids: Sequence[Grid]) -> list[str]:
    """Names that Excel takes, none twice."""
    names: list[str] = []
    for grid in grids:
        wanted = (grid.name or NAMELESS).translate(_FORBIDDEN).strip("'")[:_LONGEST_NAME] or NAMELESS
        name, number = wanted, 1
        while name.casefold() in {other.casefold() for other in (*names, PROBLEM_SHEET)}:
            number += 1
            name = f"{wanted[: _LONGEST_NAME - len(str(number))]}{number}"
        names.append(name)
    return names


class _Looks:
    """The formats of cells by what they hold and how bad they are; made when first needed."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, Level | None], Format] = {}

    def of(self, number_format: str, level: Level | None) -> Format:
        if (number_format, level) not in self._made:
            look = {"num_format": number_format} if number_format else {}
            if level is not None:
                look |= {"bg_color": f"#{COLOURS[level][2:]}"}
            self._made[number_format, level] = self._book.add_format(look)
        return self._made[number_format, level]


def _write_list(book: xlsxwriter.Workbook, entries: list[Entry], names: Mapping[str | None, str]) -> None:
    page = book.add_worksheet(PROBLEM_SHEET)
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    for index, width in enumerate(WIDTHS):
        page.set_column(index, index, width)
    page.write_string(0, 0, heading_of(entries), bold)
    page.write_string(1, 0, ADVICE)
    page.write_row(2, 0, HEADERS, bold)
    page.freeze_panes(3, 0)
    for number, entry in enumerate(entries[:MOST_LISTED], start=3):
        name = names.get(entry.sheet, entry.sheet or "")
        texts = (LEVEL_WORDS[entry.level], name, entry.cell, entry.column, entry.value, entry.message)
        for index, text in enumerate(texts):
            if index == 2 and entry.sheet in names and position_of(text):
                quoted = name.replace("'", "''")
                page.write_url(number, index, f"internal:'{quoted}'!{text}", string=text)
            else:
                page.write_string(number, index, text, wrapped)
    page.activate()


def _write_grid(page: Worksheet, grid: Grid, marks: Mapping[Position, Mark], looks: _Looks) -> None:
    for index, width in enumerate(_widths(grid)):
        page.set_column(index, index, width)
    ranges = [area for area in sorted(grid.merged) if _is_worth_merging(*area)]
    merged_from: dict[int, list[MergedRange]] = {}
    for area in ranges:
        merged_from.setdefault(area[0], []).append(area)
    marked_in: dict[int, dict[int, Mark]] = {}
    for (row, column), seen in moved(marks, ranges).items():
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
            _write_value(page, row, column, value, mark, looks)
            if mark is not None and noted < MOST_NOTES:
                page.write_comment(row, column, f"{AUTHOR}：\n{mark.note}", {"x_scale": 1.6, "author": AUTHOR})
                noted += 1


def _is_worth_merging(top: int, first: int, bottom: int, last: int) -> bool:
    return (bottom, last) != (top, first) and (bottom - top + 1) * (last - first + 1) <= _LARGEST_MERGE


def _merge(page: Worksheet, ranges: Sequence[MergedRange]) -> None:
    """Merge cells whose first row is the one to be written next: row by row, earlier rows are out of reach."""
    for area in ranges:
        try:
            page.merge_range(*area, "")
        except OverlappingRange:
            continue  # ranges that overlap are not Excel's (HTML can say so); the first one stands


def _write_value(page: Worksheet, row: int, column: int, value: Any, mark: Mark | None, looks: _Looks) -> None:
    """Write a cell as reading gave it, so that it is read the same again."""
    level = mark.level if mark else None
    if isinstance(value, bool):
        page.write_boolean(row, column, value, looks.of("", level))
    elif isinstance(value, datetime.datetime | datetime.date) and _day_of(value) >= _FIRST_SAFE_DAY:
        is_day = not isinstance(value, datetime.datetime) or value.time() == datetime.time()
        page.write_datetime(row, column, value, looks.of("yyyy-mm-dd" if is_day else "yyyy-mm-dd hh:mm", level))
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) < _EXACT_INTEGER):
        page.write_number(row, column, value, looks.of("", level))
    elif value == "":
        page.write_blank(row, column, None, looks.of("@", level))
    else:
        page.write_string(row, column, str(value)[:32_767], looks.of("@", level))


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
