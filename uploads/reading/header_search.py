"""Finding the header rows of a sheet."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from uploads.reading.column_choice import ColumnValues, assign_fields
from uploads.reading.grid import Grid
from uploads.reading.headers import (
    BRACKETS,
    UNIT,
    Header,
    HeaderColumn,
    Matcher,
    is_serial,
    normal_header,
    number_repeated,
)

LAST_FIRST_ROW: Final = 15  # a header begins in one of the first 15 rows …
TALLEST: Final = 3  # … and has at most three
_MOST_MERGED: Final = 1_000  # merged ranges in a header; offices use fewer than a hundred
_CODE_LENGTH: Final = 12  # digits of a community's code, which no header has
_SIGNS: Final = "甲乙丙丁戊己庚辛壬癸"
_LETTERS: Final = "abcdefghij"
_FORMULA: Final = re.compile(r"(\d{1,2})=\d{1,2}(?:[-+*/×÷]\d{1,2})*%?")


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

        `month` is that of the file, if known. The table ends before the row `stop`: where two columns fit one field, their
        values decide whether there is a choice at all. Without `stop` no field is in doubt: that is enough to find tables.
        """
        best, best_rank = None, (0, 0)
        for first, last, columns in self._windows:
            matches = (matcher.find(column.labels, column.ordinal, column.count) for column in columns)
            fields = {match.field for match in matches if match} - {""}
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
        assign_fields(header, matcher, month, ColumnValues(self._rows, last + 1, stop or last + 1))
        return header

    def _may_be_header(self, row: int) -> bool:
        """Return whether most cells of the row are text; rows of numbers and dates are data, also with a code as text."""
        if row not in self._texts or any(len(text) >= _CODE_LENGTH and text.isdecimal() for text in self._texts[row]):
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
        number_repeated(columns)
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
    return plain if re.fullmatch(UNIT, plain.casefold()) else ""


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
    text = unicodedata.normalize("NFKC", str(cell)[:20]).translate(BRACKETS)
    text = re.sub(r"\s", "", text).removesuffix(".0").strip("()").casefold()
    formula = _FORMULA.fullmatch(text)
    return formula[1] if formula else text
