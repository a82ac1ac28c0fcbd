"""The problems of a batch for the marked workbook: marks and notes by cell, and the list of all problems.

Like all modules that the child process of marking uses, it imports neither Django nor changzhi_portal.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from xlsxwriter.utility import xl_rowcol_to_cell

from uploads.reading.grid import MergedRange
from uploads.template_stamp import PROBLEM_HEADING

HEADERS: Final = ("级别", "工作表", "单元格", "列", "内容", "问题和办法")
WIDTHS: Final = (8, 18, 10, 22, 26, 80)
ERROR, WARNING = "error", "warning"  # the values of registers.problems.Level
LEVEL_WORDS: Final = {ERROR: "错误", WARNING: "提醒"}
# Excel becomes slow with many notes; further cells are only coloured, and the list has all problems.
MOST_NOTES: Final = 5_000
MOST_LISTED: Final = 50_000
_ADDRESS: Final = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")


@dataclass(frozen=True, slots=True)
class Entry:
    """One problem; `cell` is "" for a problem of a whole sheet or file. `value` is masked for personal columns."""

    level: str
    sheet: str | None
    cell: str
    column: str
    value: str
    message: str


@dataclass(slots=True)
class Mark:
    """The mark of one cell: the worst level and all sentences."""

    level: str
    sentences: list[str] = field(default_factory=list)

    @property
    def note(self) -> str:
        """Return the text of the cell's note."""
        return "\n".join(self.sentences)


Position = tuple[int, int]  # row and column, from 0


def marks_by_sheet(entries: Iterable[Entry]) -> dict[str | None, dict[Position, Mark]]:
    """Return the marks by sheet name and cell position."""
    marks: dict[str | None, dict[Position, Mark]] = {}
    for entry in entries:
        position = position_of(entry.cell)
        if position is None:
            continue
        mark = marks.setdefault(entry.sheet, {}).setdefault(position, Mark(entry.level))
        if entry.level == ERROR:
            mark.level = ERROR
        # One line each, so that the lines of a note that are ours can be told from those that an office adds.
        mark.sentences.append(f"【{LEVEL_WORDS[entry.level]}】{' '.join(entry.message.split())}")
    return marks


def visible_marks(marks: Mapping[Position, Mark], ranges: Iterable[MergedRange]) -> dict[Position, Mark]:
    """Return the marks at visible cells: marks of cells covered by merged cells are visible_marks to their first cell."""
    places = {position: position for position in marks}
    ordered = sorted(places)
    for top, first, bottom, last in ranges:
        start = bisect_left(ordered, (top, first))
        for position in ordered[start : bisect_right(ordered, (bottom, last))]:
            if first <= position[1] <= last:
                places[position] = (top, first)
    visible: dict[Position, Mark] = {}
    for position, mark in sorted(marks.items()):
        own = visible.setdefault(places[position], Mark(mark.level))
        own.level = ERROR if ERROR in (own.level, mark.level) else WARNING
        own.sentences += mark.sentences
    return visible


def address_of(position: Position) -> str:
    """Return the address of a cell as Excel shows it: (16, 2) is C17."""
    address: str = xl_rowcol_to_cell(*position)
    return address


def position_of(cell: str) -> Position | None:
    """Return row and column, from 0, of an address such as C17; None for any other text."""
    match = _ADDRESS.fullmatch(cell)
    if not match:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def heading_of(entries: list[Entry]) -> str:
    """Return the first line of the list, which `stamps.is_problem_list` recognises by its beginning."""
    errors = sum(entry.level == ERROR for entry in entries)
    cut = f"；这里只列出前{MOST_LISTED}个" if len(entries) > MOST_LISTED else ""
    return f"{PROBLEM_HEADING}：错误{errors}个，提醒{len(entries) - errors}个{cut}"


ADVICE: Final = "红色单元格有错误，必须改正；黄色的请核实。改好后直接上传这个文件，这一页不用删，也不会被读取。"
