"""Comparing header texts, and finding the header rows of a sheet."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from changzhi_portal.names import fold
from uploads.reading.column_times import ColumnTime, split_times, time_in
from uploads.reading.grid import Grid

if TYPE_CHECKING:
    from changzhi_portal.registers.columns import Column

LAST_FIRST_ROW: Final = 15  # a header begins in one of the first 15 rows …
TALLEST: Final = 3  # … and has at most three

_MOST_MERGED: Final = 1_000  # merged ranges in a header; offices use fewer than a hundred
_UNIT: Final = "m2|m\\^2|平方米|平米|亿元|百万元|万元|千元|元|人|户|个|家|名|次|件|%|岁|年|米"
_BRACKETS: Final = str.maketrans("[]{}〔〕〈〉《》【】", "()()()()()()")
_IGNORED_SIGNS: Final = re.compile(r"[\s*:;、,.。_\"'“”‘’·★☆▲#\u200b\ufeff]")
_UNIT_IN_BRACKETS: Final = re.compile(rf"\((?:单位)?(?:{_UNIT})\)")
_UNIT_AT_END: Final = re.compile(rf"[/-]?(?:{_UNIT})$")
_BRACKET_AT_END: Final = re.compile(
    r"\((?![^()]*[万亿亩])[^()]*\)$"
)  # except units such as 万人: its figures are not in 人
_BRACKETED: Final = re.compile(r"\([^()]*\)")
# The column of a total among its parts (合计, 其中：男, 女) is the one that the register asks for.
_TOTALS: Final = frozenset({"合计", "小计", "总计", "合计数", "总数", "计", "全部", "总人数", "总量"})
_TOTAL_AT_END: Final = re.compile(r"(?:合计|小计|总计)$")
_SIGNS: Final = "甲乙丙丁戊己庚辛壬癸"
_LETTERS: Final = "abcdefghij"
_FORMULA: Final = re.compile(r"(\d{1,2})=\d{1,2}(?:[-+*/×÷]\d{1,2})*%?")
_SERIAL: Final = frozenset({"序号", "序", "no", "行号", "顺序号", "次序", "栏次"})


@lru_cache(maxsize=8_192)
def normal_header(text: str) -> str:
    """Return a header for comparing: NFKC, one kind of brackets, without spaces, line breaks, signs and bracketed units."""
    plain = unicodedata.normalize("NFKC", fold(text)).translate(_BRACKETS)
    return _UNIT_IN_BRACKETS.sub("", _IGNORED_SIGNS.sub("", plain).casefold())


def is_serial(header: str) -> bool:
    """Return whether a normalised header is that of a serial number (序号)."""
    return header in _SERIAL


class Fit(IntEnum):
    """How a header was matched to its field, the most certain first."""

    REMEMBERED = 0
    EXACT = 1
    LOOSE = 2  # after removing a remark or unit at its end


class Match(NamedTuple):
    """The field that a column's labels match, and how.

    `is_whole` tells that the whole header is the register's own name of the column. `time` is the time of the figures,
    where the header names one; it `is_aside` when it is in a heading across several columns or in a longer remark.
    """

    fit: Fit
    field: str
    is_whole: bool = False
    time: ColumnTime | None = None
    is_aside: bool = False

    @property
    def rank(self) -> tuple[int, bool]:
        """Return how certain the match is, for comparing it with that of another column of the same field."""
        return self.fit, not self.is_whole


class Matcher:
    """Matcher of headers to the fields of a register's columns.

    `remembered` maps normalised headers to fields, as an office has mapped them before; "" means to ignore the column.
    """

    def __init__(self, columns: Iterable[Column], remembered: Mapping[str, str] | None = None) -> None:
        self._fields: dict[str, str] = {}
        self._own_names: set[str] = set()
        self._money: set[str] = set()
        for column in columns:
            if column.counts_yuan:
                self._money.add(column.field)
            self._own_names.add(normal_header(column.header))
            for spelling in (column.header, *column.spellings):
                self._fields.setdefault(normal_header(spelling), column.field)
        fields = {*self._fields.values(), ""}
        self._remembered = {name: known for name, known in (remembered or {}).items() if known in fields}
        self._known: dict[tuple[str, ...], Match | None] = {}

    def find(self, labels: tuple[str, ...]) -> Match | None:
        """Return the field that a column's labels (from the top header row down) match, and how; None without a match."""
        if labels not in self._known:
            self._known[labels] = self._find(labels)
        return self._known[labels]

    def knows(self, text: str) -> bool:
        """Return whether a text is the header of a column; unlike `find`, for any text of a file, so without a cache."""
        return self._find((text,)) is not None

    def _find(self, labels: tuple[str, ...]) -> Match | None:
        names = _names(labels)
        if names[0] in self._remembered:
            return Match(Fit.REMEMBERED, self._remembered[names[0]])
        kept = tuple(label for label in labels if normal_header(label) not in _TOTALS)
        if kept and len(kept) < len(labels):
            return self._find(kept)
        for depth, name in enumerate(names):
            if name in self._fields:
                heading = _time_of_headings(labels[:depth])
                is_whole = depth == 0 and name in self._own_names
                return Match(Fit.EXACT, self._fields[name], is_whole, heading, heading is not None)
        for name in names:
            for rest, time in split_times(name):
                for form in (rest, *_shorter(rest)):
                    if form in self._fields and not self._is_flow(form, time):
                        return Match(Fit.EXACT, self._fields[form], time=time)
        for depth, name in enumerate(names):
            for form in _shorter(name):
                if form in self._fields:
                    remark = _BRACKETED.search(name)
                    said = (time_in(remark[0]) if remark else None) or _time_of_headings(labels[:depth])
                    if not self._is_flow(form, said):
                        return Match(Fit.LOOSE, self._fields[form], time=said, is_aside=said is not None)
        return None

    def _is_flow(self, name: str, time: ColumnTime | None) -> bool:
        """Return whether a header means the money of one month or year (本月已拨付), where the register has the whole."""
        return time is not None and time.is_of_period and self._fields[name] in self._money


@lru_cache(maxsize=8_192)
def _names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the normalised names to try for a column: its labels joined, first all, then without the upper rows.

    负责人/姓名 is tried as 负责人姓名 and 姓名, 基本数据/户数 as 基本数据户数 and 户数.
    """
    return tuple(normal_header("".join(labels[start:])) for start in range(len(labels)))


def _shorter(name: str) -> tuple[str, str, str]:
    """Return a name without a remark in brackets, without a unit, and without 合计 at its end."""
    return _BRACKET_AT_END.sub("", name), _UNIT_AT_END.sub("", name), _TOTAL_AT_END.sub("", name)


def _time_of_headings(headings: Sequence[str]) -> ColumnTime | None:
    """Return the time that a heading above a column names, the nearest first."""
    times = (time_in(normal_header(heading)) for heading in reversed(headings))
    return next((time for time in times if time is not None), None)


@dataclass(slots=True)
class HeaderColumn:
    """A labelled column of a header: column index, row of its lowest label, and its labels from top to bottom."""

    index: int
    row: int
    labels: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the header as written, its rows joined."""
        return " ".join("".join(label.split("\n")).strip() for label in self.labels)


@dataclass(slots=True)
class Header:
    """The header of a sheet: first and last row (from 0), its columns, and the field of each matched column."""

    first: int
    last: int
    columns: list[HeaderColumn]
    fields: dict[int, str] = field(default_factory=dict)  # column index → field
    ignored: set[int] = field(default_factory=set)  # columns that the office has chosen to ignore
    # Field → the columns between which only the user can choose; none of them is in `fields`.
    doubts: dict[str, list[HeaderColumn]] = field(default_factory=dict)
    earlier: dict[int, str] = field(default_factory=dict)  # columns of another month or of a former version
    spare: dict[int, str] = field(default_factory=dict)  # columns that would fit too; another one was more certain
    depends_on_month: bool = False  # whether a column was chosen or left out by the month of the file

    @property
    def mentioned(self) -> set[str]:
        """Return the fields that have a column in the header, read or not."""
        return {*self.fields.values(), *self.doubts, *self.earlier.values()}

    def labels(self) -> dict[int, HeaderColumn]:
        """Return the columns by index."""
        return {column.index: column for column in self.columns}


class HeaderSearch:
    """The possible headers that begin in some rows of a sheet, extracted once and compared with each register.

    By default the first rows of the sheet; `first_row` counts from 0.
    """

    def __init__(self, grid: Grid, *, first_row: int = 0, rows: int = LAST_FIRST_ROW) -> None:
        self._grid = grid
        self._rows = grid.rows
        self._first_row = first_row
        end = min(first_row + rows + TALLEST, len(grid.rows))
        self._texts = {number: [_label(cell) for cell in grid.rows[number]] for number in range(first_row, end)}
        self._merged = [area for area in grid.merged if area[0] < end and area[2] >= first_row][:_MOST_MERGED]
        width = max((len(row) for row in self._texts.values()), default=0)
        self._spanned = {
            (row, column)
            for top, left, bottom, right in self._merged
            for row in range(max(top, first_row), min(bottom + 1, end))
            for column in range(left + 1, min(right + 1, width))
        }
        self._windows = [
            (first, first + height - 1, self._columns(first, first + height - 1))
            for first in range(first_row, min(first_row + rows, end))
            for height in range(1, TALLEST + 1)
            if all(self._may_be_header(row) for row in range(first, first + height))
        ]

    def best(self, matcher: Matcher, *, month: datetime.date | None = None, stop: int | None = None) -> Header | None:
        """Return the header with the most fields, of equal ones the shortest, then the topmost; None without a match.

        `month` is that of the file, if known; by default that of the title. The table ends before the row `stop`: where
        two columns fit one field, their values decide whether there is a choice at all.
        """
        best, best_rank = None, (0, 0)
        for first, last, columns in self._windows:
            fields = {match.field for column in columns if (match := matcher.find(column.labels))} - {""}
            rank = (len(fields), first - last)
            if fields and rank > best_rank:
                best, best_rank = (first, last), rank
        if best is None:
            return None
        first, last = self._with_attached_rows(*best)
        columns = self._columns(first, last)
        if last + 1 < len(self._rows) and is_numbering(self._rows[last + 1]):
            last += 1
        header = Header(first, last, columns)
        assign_fields(header, matcher, month, ColumnValues(self._rows, last + 1, stop))
        return header

    def _may_be_header(self, row: int) -> bool:
        """Return whether most cells of the row are text; rows of numbers and dates are data."""
        if row not in self._texts:
            return False
        texts = sum(1 for text in self._texts[row] if text)
        cells = sum(1 for cell in self._rows[row] if cell != "")
        return texts > 0 and texts >= 2 * (cells - texts)

    def _columns(self, first: int, last: int) -> list[HeaderColumn]:
        """Return the columns that have a label of their own, preceded by labels above it that span several columns."""
        width = max(len(self._texts[row]) for row in range(first, last + 1))
        above: list[str] = [""] * (last - first + 1)  # the label to the left in each row, for headings across columns
        columns = []
        for index in range(width):
            own: list[tuple[int, str]] = []
            labels: list[str] = []
            for depth, row in enumerate(range(first, last + 1)):
                text = self._texts[row][index] if index < len(self._texts[row]) else ""
                if text and own and (unit := _unit_in(text)):
                    text = f"（{unit}）"
                if text:
                    above[depth:] = [text] + [""] * (last - row)
                    own.append((row, text))
                    labels.append(text)
                elif not own and above[depth] and (not self._merged or (row, index) in self._spanned):
                    labels.append(above[depth])
            if own:
                columns.append(HeaderColumn(index, own[-1][0], tuple(labels)))
        return columns

    def _with_attached_rows(self, first: int, last: int) -> tuple[int, int]:
        """Extend the header by adjacent rows that belong to it: merged cells, the label of a serial number, units."""
        while first > self._first_row and last - first + 1 < TALLEST and self._belongs_above(first, last):
            first -= 1
        while last - first + 1 < TALLEST and self._belongs_below(first, last):
            last += 1
        return first, last

    def _belongs_above(self, first: int, last: int) -> bool:
        if any(last - TALLEST < top < first <= bottom <= last for top, _, bottom, _ in self._merged):
            return True
        labelled = {index for index, text in enumerate(self._texts[first]) if text}
        above = self._texts[first - 1]
        return any(is_serial(normal_header(text)) and index not in labelled for index, text in enumerate(above) if text)

    def _belongs_below(self, first: int, last: int) -> bool:
        if last + 1 not in self._texts:
            return False
        if any(first <= top <= last < bottom < first + TALLEST for top, _, bottom, _ in self._merged):
            return True
        texts = [cell for cell in self._rows[last + 1] if cell != ""]
        return len(texts) > 0 and all(isinstance(text, str) and _unit_in(text) for text in texts)


def _label(cell: object) -> str:
    return cell.strip() if isinstance(cell, str) else ""


def _unit_in(text: str) -> str:
    """Return the unit in a cell that contains nothing else, such as （户） or 单位：人; "" for any other text."""
    plain = unicodedata.normalize("NFKC", text).strip().strip("()").removeprefix("单位").lstrip(":").strip()
    return plain if re.fullmatch(_UNIT, plain.casefold()) else ""


def is_numbering(row: Sequence[object]) -> bool:
    """Return whether a row only numbers the columns: 甲 乙 1 2 3, （1）（2）（3）, ① ② ③, A B C, also with 4=2+3."""
    cells = [_numbering_text(cell) for cell in row if cell != ""]
    numbers = [int(cell) for cell in cells if cell.isascii() and cell.isdecimal() and len(cell) <= 2]
    signs = [cell for cell in cells if len(cell) == 1 and cell in _SIGNS]
    letters = [cell for cell in cells if len(cell) == 1 and cell in _LETTERS]
    if len(cells) < 2 or len(numbers) + len(signs) + len(letters) + cells.count("栏次") != len(cells):
        return False
    counts_up = all(later == earlier + 1 for earlier, later in pairwise(numbers))
    in_order = signs == [*_SIGNS[: len(signs)]] and letters == [*_LETTERS[: len(letters)]]
    is_enough = len(cells) >= 3 or len(numbers) < len(cells)
    return is_enough and counts_up and in_order and numbers[:1] in ([], [1])


def _numbering_text(cell: object) -> str:
    """Return the number or letter in a cell of a numbering row: 1 for 1.0, （1）, ① and 1=2+3; for other cells the text."""
    text = unicodedata.normalize("NFKC", str(cell)[:20]).translate(_BRACKETS)
    text = re.sub(r"\s", "", text).removesuffix(".0").strip("()").casefold()
    formula = _FORMULA.fullmatch(text)
    return formula[1] if formula else text


class ColumnValues:
    """The values below a header, read only where two columns fit one field."""

    def __init__(self, rows: Sequence[Sequence[object]], first: int, stop: int | None) -> None:
        self._rows = rows
        self._first = first
        self._stop = len(rows) if stop is None else stop

    def has_any(self, index: int) -> bool:
        """Return whether a column has a value."""
        rows = (self._rows[number] for number in range(self._first, self._stop))
        return any(index < len(row) and row[index] != "" for row in rows)

    def of(self, index: int) -> list[object]:
        """Return the values of a column."""
        rows = (self._rows[number] for number in range(self._first, self._stop))
        return [row[index] if index < len(row) else "" for row in rows]


def assign_fields(header: Header, matcher: Matcher, month: datetime.date | None, values: ColumnValues) -> None:
    """Assign each field the one column that can only be it.

    Figures of another month or of a former version are left out (上月, 旧, 调整前, another year). Of several columns the
    one mapped by hand is taken; else the one whose header says so (本月, 新, 调整后, the year of the file); else the one
    with the register's own name. Blank columns and equal ones are no choice. Otherwise the field is in doubt: the order
    of the columns never decides.
    """
    fitting: dict[str, list[tuple[HeaderColumn, Match]]] = {}
    for column in header.columns:
        match = matcher.find(column.labels)
        if match is None:
            continue
        if not match.field:
            header.ignored.add(column.index)
        else:
            fitting.setdefault(match.field, []).append((column, match))
    for name, columns in fitting.items():
        _assign_field(header, name, columns, month, values)
    header.fields = dict(sorted(header.fields.items()))


def _assign_field(
    header: Header,
    name: str,
    columns: list[tuple[HeaderColumn, Match]],
    month: datetime.date | None,
    values: ColumnValues,
) -> None:
    if any(match.time is not None and match.time.is_present is None for _, match in columns):
        header.depends_on_month = True
    by_hand = [column for column, match in columns if match.fit == Fit.REMEMBERED]
    if by_hand:
        _choose(header, name, by_hand, [column for column, _ in columns], values)
        return
    fits = {column.index: _is_of_month(match, month, is_alone=len(columns) == 1) for column, match in columns}
    header.earlier |= {index: name for index, is_right in fits.items() if is_right is False}
    remaining = [(column, match) for column, match in columns if fits[column.index] is not False]
    candidates = [column for column, _ in remaining]
    if len(remaining) > 1:
        remaining = [each for each in remaining if values.has_any(each[0].index)] or remaining
    present = [column for column, _ in remaining if fits[column.index]]
    if present:
        # A column that says nothing may be this month's as well.
        _choose(header, name, [column for column, _ in remaining], candidates, values)
        return
    best = min((match.rank for _, match in remaining), default=None)
    _choose(header, name, [column for column, match in remaining if match.rank == best], candidates, values)


def _is_of_month(match: Match, month: datetime.date | None, *, is_alone: bool) -> bool | None:
    """Return whether a column's figures are those of the file's month; None if nothing says so."""
    if match.time is None:
        return None
    fits = match.time.fits(month)
    # A year in a heading (2018年基本情况) or in a longer remark tells columns apart only where there are several.
    if match.is_aside and match.time.is_present is None and is_alone:
        return fits or None
    return fits


def _choose(
    header: Header, name: str, best: list[HeaderColumn], candidates: list[HeaderColumn], values: ColumnValues
) -> None:
    """Assign a field its only best column, or the first of columns with equal values; else put the field in doubt."""
    if len(best) > 1:
        filled = [column for column in best if values.has_any(column.index)] or best[:1]
        contents = [values.of(column.index) for column in filled]
        if any(content != contents[0] for content in contents):
            header.doubts[name] = filled
            best = filled
        else:
            best = filled[:1]
    if name not in header.doubts and best:
        header.fields[best[0].index] = name
    read = {column.index for column in best}
    header.spare |= {column.index: name for column in candidates if column.index not in read}
