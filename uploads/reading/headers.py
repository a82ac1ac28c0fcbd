"""Comparing header texts, and finding the header rows of a sheet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from changzhi_portal.names import fold
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
_NUMBERING: Final = frozenset("甲乙丙丁戊己庚辛壬癸")
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


class Matcher:
    """Matcher of headers to the fields of a register's columns.

    `remembered` maps normalised headers to fields, as an office has mapped them before; "" means to ignore the column.
    """

    def __init__(self, columns: Iterable[Column], remembered: Mapping[str, str] | None = None) -> None:
        self._fields: dict[str, str] = {}
        for column in columns:
            for spelling in (column.header, *column.spellings):
                self._fields.setdefault(normal_header(spelling), column.field)
        fields = {*self._fields.values(), ""}
        self._remembered = {name: known for name, known in (remembered or {}).items() if known in fields}
        self._known: dict[tuple[str, ...], tuple[Fit, str] | None] = {}

    def find(self, labels: tuple[str, ...]) -> tuple[Fit, str] | None:
        """Return the field that a column's labels (from the top header row down) match, and how; None without a match."""
        if labels not in self._known:
            self._known[labels] = self._find(labels)
        return self._known[labels]

    def _find(self, labels: tuple[str, ...]) -> tuple[Fit, str] | None:
        names, shorter_names = _forms(labels)
        if names[0] in self._remembered:
            return Fit.REMEMBERED, self._remembered[names[0]]
        for name in names:
            if name in self._fields:
                return Fit.EXACT, self._fields[name]
        for name in shorter_names:
            if name in self._fields:
                return Fit.LOOSE, self._fields[name]
        return None


@lru_cache(maxsize=8_192)
def _forms(labels: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the normalised names to try for a column, and second the same names without a remark or unit at the end.

    The names are its labels joined, first all of them, then without the upper rows: 负责人/姓名 is tried as 负责人姓名 and
    姓名, 基本数据/户数 as 基本数据户数 and 户数.
    """
    names = tuple(normal_header("".join(labels[start:])) for start in range(len(labels)))
    shorter = tuple(form for name in names for form in (_BRACKET_AT_END.sub("", name), _UNIT_AT_END.sub("", name)))
    return names, shorter


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


class HeaderSearch:
    """The possible headers of one sheet, extracted once and compared with each register."""

    def __init__(self, grid: Grid) -> None:
        self._rows = grid.rows
        self._texts = [[_label(cell) for cell in row] for row in grid.rows[: LAST_FIRST_ROW + TALLEST]]
        self._merged = [area for area in grid.merged if area[0] < len(self._texts)][:_MOST_MERGED]
        width = max((len(row) for row in self._texts), default=0)
        self._spanned = {
            (row, column)
            for top, left, bottom, right in self._merged
            for row in range(top, min(bottom + 1, len(self._texts)))
            for column in range(left + 1, min(right + 1, width))
        }
        self._windows = [
            (first, first + height - 1, self._columns(first, first + height - 1))
            for first in range(min(LAST_FIRST_ROW, len(self._texts)))
            for height in range(1, TALLEST + 1)
            if all(self._may_be_header(row) for row in range(first, first + height))
        ]

    def best(self, matcher: Matcher) -> Header | None:
        """Return the header with the most fields, of equal ones the shortest, then the topmost; None without a match."""
        best, best_rank = None, (0, 0)
        for first, last, columns in self._windows:
            fields = {match[1] for column in columns if (match := matcher.find(column.labels))} - {""}
            rank = (len(fields), first - last)
            if fields and rank > best_rank:
                best, best_rank = (first, last), rank
        if best is None:
            return None
        first, last = self._with_attached_rows(*best)
        columns = self._columns(first, last)
        if last + 1 < len(self._rows) and _is_numbering(self._rows[last + 1]):
            last += 1
        header = Header(first, last, columns)
        _assign(header, matcher)
        return header

    def _may_be_header(self, row: int) -> bool:
        """Return whether most cells of the row are text; rows of numbers and dates are data."""
        if row >= len(self._texts):
            return False
        texts = sum(1 for text in self._texts[row] if text)
        cells = sum(1 for cell in self._rows[row] if cell != "")
        return texts > 0 and texts >= 2 * (cells - texts)

    def _columns(self, first: int, last: int) -> list[HeaderColumn]:
        """Return the columns that have a label of their own, preceded by labels above it that span several columns."""
        width = max((len(row) for row in self._texts[first : last + 1]), default=0)
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
        while first > 0 and last - first + 1 < TALLEST and self._belongs_above(first, last):
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
        if last + 1 >= len(self._texts):
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


def _is_numbering(row: Sequence[object]) -> bool:
    """Return whether a row only numbers the columns: 甲 乙 1 2 3, or 1 2 3."""
    cells = [str(cell).strip().removesuffix(".0") for cell in row if cell != ""]
    numbers = [int(cell) for cell in cells if cell.isascii() and cell.isdecimal()]
    letters = [cell for cell in cells if cell in _NUMBERING or cell == "栏次"]
    counts_up = all(later == earlier + 1 for earlier, later in pairwise(numbers))
    return len(cells) >= 3 and len(numbers) + len(letters) == len(cells) and counts_up and numbers[:1] in ([], [1])


def _assign(header: Header, matcher: Matcher) -> None:
    """Assign each field the column with the most certain match, of equal ones the first."""
    matches = [(*match, column.index) for column in header.columns if (match := matcher.find(column.labels))]
    taken: set[str] = set()
    for _, name, index in sorted(matches, key=lambda match: (match[0], match[2])):
        if not name:
            header.ignored.add(index)
        elif name not in taken:
            taken.add(name)
            header.fields[index] = name
    header.fields = dict(sorted(header.fields.items()))
