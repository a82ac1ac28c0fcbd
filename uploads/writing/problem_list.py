"""The problems of a batch for the marked workbook: marks and notes by cell, and the list of all problems.

Like all modules that the child process of marking uses, it imports neither Django nor changzhi_portal.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from xlsxwriter.utility import xl_rowcol_to_cell

from uploads.reading.grid import MergedRange
from uploads.template_stamp import PROBLEM_HEADING

ERROR, WARNING = "error", "warning"  # the values of registers.problems.Level
LEVEL_WORDS: Final = {ERROR: "错误", WARNING: "提醒"}
# Excel becomes slow with many notes; further cells are only coloured, and the list has all problems.
MOST_NOTES: Final = 5_000
MOST_LISTED: Final = 50_000
_NOT_READ: Final = "这一页不用删，也不会被读取。"
_ADDRESS: Final = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")


@dataclass(frozen=True, slots=True)
class Entry:
    """One problem; `cell` is "" for a problem of a whole sheet or file. `value` is masked for personal columns.

    `register` is the title of its register in a file with several, else "".
    """

    level: str
    sheet: str | None
    cell: str
    column: str
    value: str
    message: str
    register: str = ""


class ListColumn(NamedTuple):
    """A column of the list; its width is in characters."""

    header: str
    width: int


CELL_COLUMN: Final = ListColumn("单元格", 10)
_REGISTER_COLUMN: Final = ListColumn("登记表", 22)
_COLUMNS: Final = (
    ListColumn("级别", 8),
    ListColumn("工作表", 18),
    CELL_COLUMN,
    ListColumn("列", 22),
    ListColumn("内容", 26),
    ListColumn("问题和办法", 80),
)


@dataclass(slots=True)
class ProblemList:
    """The list of all problems of a workbook as the sheet 问题汇总 shows it."""

    entries: list[Entry]

    @property
    def listed(self) -> list[Entry]:
        """Return the entries that the list has, at most MOST_LISTED."""
        return self.entries[:MOST_LISTED]

    @property
    def columns(self) -> tuple[ListColumn, ...]:
        """Return the columns; only the list of a file with several registers names them."""
        return (*_COLUMNS[:1], _REGISTER_COLUMN, *_COLUMNS[1:]) if self._names_registers else _COLUMNS

    def texts_of(self, entry: Entry, *, sheet: str) -> list[str]:
        """Return the texts of an entry, one a column; `sheet` is the name of its sheet in the workbook."""
        texts = [LEVEL_WORDS[entry.level], sheet, entry.cell, entry.column, entry.value, entry.message]
        return [*texts[:1], entry.register, *texts[1:]] if self._names_registers else texts

    @property
    def heading(self) -> str:
        """Return the first line, which `stamps.is_problem_list` recognises by its beginning."""
        if not self.entries:
            return f"{PROBLEM_HEADING}：都已改正"
        errors = sum(entry.level == ERROR for entry in self.entries)
        cut = f"；这里只列出前{MOST_LISTED}个" if len(self.entries) > MOST_LISTED else ""
        return f"{PROBLEM_HEADING}：错误{errors}个，提醒{len(self.entries) - errors}个{cut}"

    @property
    def advice(self) -> str:
        """Return the second line: what to do with the workbook."""
        if not self.entries:
            return f"没有要改的了，表里已是在页面上改好的内容。{_NOT_READ}"
        several = "文件里各张登记表的问题都标在这个文件里。" if self._names_registers else ""
        if any(entry.level == ERROR for entry in self.entries):
            return f"{several}红色单元格有错误，必须改正；黄色的请核实。改好后直接上传这个文件，{_NOT_READ}"
        return f"{several}黄色单元格请核实；有要改的，改好后直接上传这个文件，{_NOT_READ}"

    @property
    def _names_registers(self) -> bool:
        return any(entry.register for entry in self.entries)


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
