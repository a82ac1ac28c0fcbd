"""Rows of a delimited text in which quotation marks may be wrong (docs/spreadsheets.md §3.1).

A mark that is never closed would make one cell of the rows below it, and a second stray mark would close that cell as if
all were well. So each row that has to do with marks is looked at once more; a wrong one is kept to its own line.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import islice
from typing import Final, NamedTuple

from uploads.reading.grid import UnpairedQuote

# Excel allows 253 line breaks in a cell. Beyond this many lines in one row a mark has been left open; it is a limit on
# the work too, as each such row is read once more from its second line.
MOST_LINES_OF_A_ROW: Final = 1_000
NARROWEST_TABLE: Final = 3  # in a narrower one, a line of a cell that has a delimiter in it would look like a row
_SAMPLE_LINES: Final = 2_000

Row = list[object]


class Field(NamedTuple):
    """One field of a line: its value, and whether its quotation marks are wrong."""

    value: str
    is_bad: bool


class _TooManyLinesError(Exception):
    """A row has more lines than a spreadsheet can have in a cell."""


def quoted_rows(text: str, delimiter: str, *, first_line: int = 1) -> Iterator[Row]:
    """Yield the rows of a delimited text; `first_line` is the number of its first line in the file.

    A cell whose quotation marks are wrong is an UnpairedQuote. So are the cells after it, when its line does not have as
    many fields as the table: nothing then says which belongs to which column. So is the last cell of a row when the next
    line looks like the rest of it: a stray mark may have closed a cell of several lines.
    """
    if '"' not in text:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return
    table = _Table(text, delimiter)
    last: _NumberedRow | None = None
    for row in _numbered_rows(text, delimiter, table, first_line):
        if last is not None:
            if last.ends_with_mark and _is_end_of_cell(row.cells):
                last.cells[-1] = UnpairedQuote(str(last.cells[-1]), last.number)
            yield last.cells
        last = row
    if last is not None:
        yield last.cells


def _is_end_of_cell(cells: Row) -> bool:
    """Return whether a row is only the end of a cell: one field, with a mark that is not at its beginning."""
    return len(cells) == 1 and isinstance(cells[0], UnpairedQuote) and not cells[0].startswith('"')


class _NumberedRow(NamedTuple):
    """A row with the number of its first line, and whether its last line ends with a quotation mark."""

    cells: Row
    number: int
    ends_with_mark: bool


def _numbered_rows(text: str, delimiter: str, table: _Table, first_line: int) -> Iterator[_NumberedRow]:
    """Yield the rows of a text with quotation marks, each judged by its own lines."""
    lines = _Lines(text)
    number, failed_until = first_line, 0
    is_right = _line_pattern(delimiter).fullmatch
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        try:
            fields: list[str] | None = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooManyLinesError):
            fields = None
        taken = lines.taken
        if fields is not None and (len(taken) == 1 or not table.are_rows(taken)):
            if table.is_incomplete or ('"' in "".join(fields) and not all(map(is_right, taken))):
                cells = table.cells("".join(taken), number, is_doubtful=number <= failed_until)
            else:
                table.has_begun = table.has_begun or len(fields) > 1
                cells = list[object](fields)
            yield _NumberedRow(cells, number, taken[-1].rstrip("\r\n").endswith('"'))
            number += len(taken)
            continue
        # Only the first line is to blame; the others are read as rows of their own.
        yield _NumberedRow(table.cells(taken[0], number, is_cut=True), number, ends_with_mark=False)
        failed_until = max(failed_until, number + len(taken) - 1)
        lines.give_back(taken[1:])
        number += 1
        reader = csv.reader(lines, delimiter=delimiter, strict=True)


class _Lines:
    """The lines of a text for a reader that may go back: `taken` are those since it was last cleared."""

    def __init__(self, text: str) -> None:
        self._stream = io.StringIO(text, newline="")
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._stream)
        self.taken.append(line)
        if len(self.taken) > MOST_LINES_OF_A_ROW:
            raise _TooManyLinesError
        return line

    def give_back(self, lines: list[str]) -> None:
        """Have these lines come next."""
        self._again.extendleft(reversed(lines))


def split(line: str, delimiter: str) -> list[Field]:
    """Return the fields of one row; a field whose marks are wrong ends at the next delimiter.

    Marks are right around a whole field, with those inside doubled, or in pairs inside a field without marks around it
    (活动"室"), which every spreadsheet reads as they stand. Blanks around a quoted field do not count.
    """
    line = line.rstrip("\r\n")
    if '"' not in line:
        return [Field(value, is_bad=False) for value in line.split(delimiter)]
    fields: list[Field] = []
    start = 0
    pattern = _field_pattern(delimiter)
    while True:
        match = pattern.match(line, start)
        if match is None:
            raise AssertionError("Every text begins with a field.")
        quoted, plain = match["quoted"], match["plain"]
        if quoted is not None:
            fields.append(Field(quoted.replace('""', '"'), is_bad=False))
        else:
            is_bad = plain.count('"') % 2 == 1 or plain.lstrip(" ").startswith('"')
            fields.append(Field(plain, is_bad))
        if match.end() == len(line):
            return fields
        start = match.end() + 1


@lru_cache(maxsize=16)
def _field_pattern(delimiter: str) -> re.Pattern[str]:
    end = re.escape(delimiter)
    blanks = "" if delimiter == " " else " *+"
    return re.compile(rf'{blanks}"(?P<quoted>(?:[^"]|"")*+)"{blanks}(?=[{end}]|\Z)|(?P<plain>[^{end}]*+)')


@lru_cache(maxsize=16)
def _line_pattern(delimiter: str) -> re.Pattern[str]:
    """Return the pattern of a line with marks around whole fields only, which needs no second look."""
    end = re.escape(delimiter)
    field = rf'(?:"(?:[^"]|"")*+"|[^"{end}\r\n]*+)'
    return re.compile(rf"{field}(?:[{end}]{field})*+[\r\n]*+")


class _Table:
    """What the table of a text looks like, so that a row that does not fit into it is noticed."""

    def __init__(self, text: str, delimiter: str) -> None:
        self._text = text
        self._delimiter = delimiter
        self._missing = 0  # fields of a row that was cut short
        self.has_begun = (
            False  # whether a row of several fields has been read; a title above it is no part of the table
        )

    @cached_property
    def width(self) -> int:
        """Return how many fields most of the first lines have, of those whose marks are right; 0 without such a line."""
        widths: Counter[int] = Counter()
        for line in islice(io.StringIO(self._text, newline=""), _SAMPLE_LINES):
            fields = split(line, self._delimiter)
            if len(fields) > 1 and not any(field.is_bad for field in fields):
                widths[len(fields)] += 1
        return max(widths, key=lambda width: (widths[width], width), default=0)

    def are_rows(self, lines: list[str]) -> bool:
        """Return whether each line alone is a row of the table: a mark left open has met another one further down.

        Such a line may have more fields than the table, where the wrong mark has opened a cell with a delimiter in it. The
        lines of a right row have fewer, as together they make up its fields.
        """
        is_wide = self.width >= NARROWEST_TABLE
        return is_wide and all(len(split(line, self._delimiter)) >= self.width for line in lines)

    @property
    def is_incomplete(self) -> bool:
        """Return whether the last row was cut short by a wrong mark, so that the next may be the rest of it."""
        return self._missing > 0

    def cells(self, line: str, number: int, *, is_cut: bool = False, is_doubtful: bool = False) -> Row:
        """Return the cells of a row; `is_cut` says that it was taken out of what a wrong mark had made a row.

        All cells are wrong of a row that is the rest of a cut one, and of a doubtful one that does not have the width of
        the table, as a mark that was left open may have cut it.
        """
        found = split(line, self._delimiter)
        is_shifted = len(found) != self.width
        is_rest = self._completes(len(found))
        if is_cut and not is_rest and self.has_begun and self._missing == 0:
            self._missing = max(0, self.width - len(found))
        wrong_from = len(found)
        if is_rest or (is_doubtful and is_shifted and '"' in line):
            wrong_from = 0
        elif is_shifted:
            wrong_from = next((index for index, field in enumerate(found) if field.is_bad), wrong_from)
        return [
            UnpairedQuote(field.value.replace("\0", ""), number) if field.is_bad or index >= wrong_from else field.value
            for index, field in enumerate(found)
        ]

    def _completes(self, width: int) -> bool:
        """Return whether a row of this width is the rest of the one that was cut: a cell of several lines lies in both."""
        self._missing -= width - 1
        is_rest = self._missing == 0 and width > 1
        self._missing = max(0, self._missing)
        return is_rest
