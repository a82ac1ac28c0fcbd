"""Finding the tables of a sheet, one below the other: each has a header of its own and is read by it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Final

from changzhi_portal.registers.register import RegisterSheet
from uploads.reading.grid import Grid
from uploads.reading.header_search import HeaderSearch
from uploads.reading.headers import Header, Matcher, is_serial, normal_header
from uploads.reading.months import dates_table_above, month_in, title_month
from uploads.reading.recognition import FEWEST_FIELDS, Recogniser, Unclear, identifies, mentioned_columns
from uploads.reading.units import other_unit_of_title, unit_of_header, unit_of_title
from uploads.template_stamp import DICTIONARY_HEADING, DICTIONARY_SHEET, GUIDE_HEADING, GUIDE_SHEET

_ROWS_ABOVE: Final = 2  # of a header whose lowest row has been found
_MOST_HEADERS: Final = 5_000  # of one sheet; more are texts that look like headers
_TRIED_LABELS: Final = 3  # a header has a known label among its first ones
# A cell that no header has: a number, a date, a code. A year alone may be a header (2017年).
_FIGURE: Final = re.compile(r"(?!\d{4}年?$)[+-]?[\d.,/年月日:-]*\d[\d.,/年月日:-]*[Xx%]?")
# Labels of a table of other things, such as 社区数 beside 乡镇.
_LABEL: Final = re.compile(
    r".{0,12}(数|数量|量|额|率|比例|占比|名|名称|称|时间|日期|情况|备注|面积|合计|小计|计|类型|类别|编号|人|个)"
)
_PLACES_ABOVE: Final = frozenset({"county", "town"})
_RECORD_NAME: Final = re.compile(r".*(村|社区|委会|居委会|小区)")  # a lone name above a header is a record, no title


@dataclass(slots=True, eq=False)
class Table:
    """One table found in a sheet, from its title to the row before the next table's title. Rows count from 0.

    `other` is the register it belongs to, if not the chosen one, or why it belongs to none. `title` is the text above it,
    one line per row, and `sheet_title` the text above the first table of the sheet.
    `repeats` are the rows of the same header repeated below, with their titles. `is_only` tells that its sheet has no
    other table.
    """

    grid: Grid
    header: Header
    other: RegisterSheet | Unclear | None
    first: int
    stop: int
    title: str
    sheet_title: str
    repeats: set[int] = field(default_factory=set)
    is_only: bool = True


class _Found:
    """A header found in a sheet, before it is known where its table ends."""

    def __init__(self, first: int, search: HeaderSearch, header: Header, other: RegisterSheet | Unclear | None) -> None:
        self.first = first
        self.search = search
        self.header = header
        self.other = other


class TableFinder:
    """Finder of the tables of a register, and of other registers, in the sheets of a file.

    `month` is the month that the user has chosen for the file, by default that of the title, else that of `today`. With a
    `recogniser` the register has no preference over the others: it was recognised, not chosen by the user.
    """

    def __init__(
        self,
        register: RegisterSheet,
        others: Sequence[RegisterSheet],
        remembered: Mapping[str, str] | None,
        *,
        month: datetime.date | None = None,
        today: datetime.date | None = None,
        recogniser: Recogniser | None = None,
    ) -> None:
        self._register = register
        self._recogniser = recogniser
        self._matcher = Matcher(register.columns, remembered)
        self._others = [(other, Matcher(other.columns)) for other in others]
        known = remembered if recogniser is None else recogniser.remembered
        self._any = Matcher(chain(register.columns, *(other.columns for other in others)), known)
        self._month = month
        self._today = today

    def tables(self, grid: Grid) -> list[Table]:
        """Return the tables of a sheet from the top, those of the register and others; none without a header."""
        search = HeaderSearch(grid)
        header, other = self._header_in(search, grid.name)
        if header is None or (other is None and len(header.mentioned) < FEWEST_FIELDS):
            return []
        end = _end_of_tables(grid, header.last + 1)
        found = [
            *self._above(grid, header),
            _Found(_top_of(grid.rows, header.first, 0), search, header, other),
            *self._further(grid, header.last + 1, end),
        ]
        found[0].first = 0
        stops = [*(later.first for later in found[1:]), end]
        title = title_of(grid, 0, found[0].header.first)
        month = self._month or month_in(title) or self._today
        tables: list[Table] = []
        for each, stop in zip(found, stops, strict=True):
            table = self._table(grid, each, stop, month, title)
            if tables and _is_repeated(tables[-1], table):
                tables[-1].repeats.update(range(table.first, table.header.last + 1))
                tables[-1].stop = table.stop
            else:
                tables.append(table)
        for table in tables:
            table.is_only = len(tables) == 1
        return tables

    def nearest(self, search: HeaderSearch) -> Header | None:
        """Return the header that fits the register best, however badly; None if no label is known."""
        return search.best(self._matcher)

    def _table(self, grid: Grid, found: _Found, stop: int, month: datetime.date | None, sheet_title: str) -> Table:
        header = found.header
        if found.other is None and header.columns:
            header = found.search.best(self._matcher, month=month, stop=stop) or header
        title = title_of(grid, _own_title(grid.rows, found.first, header.first), header.first)
        return Table(grid, header, found.other, found.first, stop, title, sheet_title)

    def _header_in(
        self, search: HeaderSearch, sheet: str | None
    ) -> tuple[Header | None, RegisterSheet | Unclear | None]:
        """Return the best header, and the register it belongs to if that is not the chosen one."""
        if self._recogniser is not None:
            found, owner = self._recogniser.owner(search, sheet)
            return found, (None if owner.name == self._register.name else owner)
        own = search.best(self._matcher)
        better = better_register(search, own, self._register, self._others)
        return (better[1], better[0]) if better is not None else (own, None)

    def _above(self, grid: Grid, header: Header) -> list[_Found]:
        """Return the headers above the one that fits best, if there are rows of data between."""
        above = []
        for found in self._further(grid, 0, header.first, allows_others=False):
            below = grid.rows[found.header.last + 1 : header.first]
            if found.header.last < header.first and any(len(row) - row.count("") > 1 for row in below):
                above.append(found)
        return above

    def _further(self, grid: Grid, after: int, stop: int, *, allows_others: bool = True) -> Iterator[_Found]:
        """Yield the headers in the rows from `after`, which follows a header or begins the sheet, to before `stop`.

        With `allows_others` also the headers of tables of other things, which are named as not read.
        """
        tried = 0
        for number in self._rows_like_headers(grid.rows, after, stop):
            if number < after:
                continue
            tried += 1
            if tried > _MOST_HEADERS:
                return
            first_row = max(after, number - _ROWS_ABOVE)
            search = HeaderSearch(grid, first_row=first_row, rows=number + 1 - first_row)
            header, other = self._header_in(search, grid.name)
            if header is None or header.last < number or not self._is_header(header, other):
                if not allows_others or not self._is_other_table(grid.rows, number, after):
                    continue
                header = header if header and header.first <= number else Header(number, number, [])
                other = Unclear() if self._recogniser is not None else None
            yield _Found(_top_of(grid.rows, header.first, after), search, header, other)
            after = header.last + 1

    def _rows_like_headers(self, rows: Sequence[Sequence[object]], after: int, stop: int) -> Iterator[int]:
        """Yield the rows of labels only, of which the first ones include a known one.

        Most rows are rejected by one cell: the last one that was a figure.
        """
        probe = 0
        for number in range(after, stop):
            row = rows[number]
            if probe < len(row) and (row[probe].__class__ is float or _is_figure(row[probe])):
                continue
            texts = [cell for cell in row if cell.__class__ is str and cell]
            if len(texts) < 2 or len(texts) + row.count("") != len(row):
                probe = next((index for index, cell in enumerate(row) if _is_figure(cell)), probe)
                continue
            figure = next((index for index, cell in enumerate(row) if _is_figure(cell)), None)
            if figure is not None:
                probe = figure
            elif any(self._is_label(str(text)) for text in texts[:_TRIED_LABELS]):
                yield number

    def _is_header(self, header: Header, other: RegisterSheet | Unclear | None) -> bool:
        """Return whether labels are a header; a row of data may contain a word that is also a header."""
        known = len(mentioned_columns(header) | set(header.spare) | header.ignored)
        serial = sum(is_serial(normal_header(column.labels[-1])) for column in header.columns)
        begins_well = self._is_label(header.columns[0].labels[-1]) or 4 * (known + serial) >= 3 * len(header.columns)
        is_mostly_known = 2 * (known + serial) > len(header.columns)
        is_known = is_mostly_known or identifies(other or self._register, header)
        return known >= FEWEST_FIELDS and begins_well and is_known

    def _is_label(self, text: str) -> bool:
        return len(text) <= 60 and (is_serial(normal_header(text)) or self._any.knows(text))

    def _is_other_table(self, rows: Sequence[Sequence[object]], number: int, after: int) -> bool:
        """Return whether a row after a gap heads a table of other things: a known label first, then others like labels."""
        above = rows[number - 1]
        if number == after or len(above) - above.count("") > 1:
            return False
        texts = [str(cell).strip() for cell in rows[number] if cell != ""]
        return self._is_label(texts[0]) and all(_LABEL.fullmatch(text) or self._is_label(text) for text in texts[1:])


def better_register(
    search: HeaderSearch, own: Header | None, register: RegisterSheet, others: Sequence[tuple[RegisterSheet, Matcher]]
) -> tuple[RegisterSheet, Header] | None:
    """Return the other register that a table belongs to, and its header; None for the chosen register's or an unknown one.

    Registers share columns (places, phone, remarks), so only columns that one of the two registers has are counted. A
    table with at least two such columns of the chosen register and the columns that identify its records belongs to the
    chosen register, whatever other columns it has.
    """
    own_columns = mentioned_columns(own) if own else set()
    best, best_count = None, 0
    for other, matcher in others:
        header = search.best(matcher)
        if header is None or not identifies(other, header):
            continue
        columns = mentioned_columns(header)
        theirs, ours = len(columns - own_columns), len(own_columns - columns)
        keeps = own is not None and ours >= 2 and identifies(register, own)
        if theirs > ours and not keeps and len(columns) > max(best_count, FEWEST_FIELDS):
            best, best_count = (other, header), len(columns)
    return best


def title_of(grid: Grid, first: int, stop: int) -> str:
    """Return the text of the rows from `first` to before `stop`: one line per row, cells separated by tabs."""
    lines = [[str(cell).strip() for cell in row if cell != ""] for row in grid.rows[first:stop]]
    return "\n".join("\t".join(texts) for texts in lines if texts)


def _end_of_tables(grid: Grid, after: int) -> int:
    """Return the row from which only the explanations or the lists of choices of our own templates follow.

    They stand below the table when a program has saved all sheets of a template as one web page, which has no name.
    """
    if grid.name:
        return len(grid.rows)
    rows = grid.rows
    for number in range(after, len(rows)):
        first = rows[number][0] if rows[number] else ""
        if first.__class__ is str and _is_our_heading(str(first)):
            return number
    return len(rows)


def _is_our_heading(text: str) -> bool:
    if text.startswith(DICTIONARY_HEADING) or text.endswith(GUIDE_HEADING):
        return True
    # The sheet's name as a heading of the page; LibreOffice writes “Sheet 2: 填表说明”.
    return re.split("[:：]", text)[-1].strip() in {GUIDE_SHEET, DICTIONARY_SHEET}


def _top_of(rows: Sequence[Sequence[object]], header: int, after: int) -> int:
    """Return the first row of a header's title: rows with a single text above it, which may have gaps between."""
    top = header
    for number in range(header - 1, after - 1, -1):
        texts = [cell for cell in rows[number] if cell != ""]
        if not texts:
            continue
        if len(texts) > 1 or not isinstance(texts[0], str):
            break
        if _RECORD_NAME.fullmatch(texts[0].strip()) and title_month(texts[0]) is None:
            break
        top = number
    return top


def _own_title(rows: Sequence[Sequence[object]], first: int, header: int) -> int:
    """Return the first row of a title from `first` on that does not belong to the table above it.

    The day below that table (落款) is no month of this one. A day alone is in the title where it stands directly above the
    header and apart from the table above.
    """
    for number in range(header - 1, first - 1, -1) if first else ():
        text = next((str(cell) for cell in rows[number] if cell != ""), "")
        is_dating = dates_table_above(text)
        is_apart = number + 1 == header and not any(cell != "" for cell in rows[number - 1])
        if is_dating or (is_dating is None and not is_apart):
            return number + 1
    return first


def _is_repeated(earlier: Table, later: Table) -> bool:
    """Return whether a table is the continuation of the one above it, under the same header."""
    if earlier.other is not None or later.other is not None or not later.header.columns:
        return False
    first, second = earlier.header, later.header
    month = title_month(later.title)
    if month is not None and month != title_month(earlier.title):
        return False
    is_same = (first.fields, first.ignored, first.earlier) == (second.fields, second.ignored, second.earlier)
    names_unit = unit_of_title(later.title) is not None or other_unit_of_title(later.title) is not None
    return is_same and _money_units(first) == _money_units(second) and not names_unit


def _money_units(header: Header) -> dict[int, Decimal | None]:
    return {index: unit_of_header(column.labels) for index, column in header.labels().items() if index in header.fields}


def _is_figure(cell: object) -> bool:
    if not isinstance(cell, str):
        return True
    return cell != "" and _FIGURE.fullmatch(cell) is not None


def column_of_table_beside(table: Table) -> str | None:
    """Return the first label of a table at the right, beyond a blank column, that has more rows; None without one.

    Such a table begins with 序号, a county or a town. One with fewer rows cannot be told from columns of the same table.
    """
    labels = table.header.labels()
    for index in sorted(labels):
        is_start = is_serial(normal_header(labels[index].text)) or table.header.fields.get(index) in _PLACES_ABOVE
        if not is_start or index - 1 in labels or index < FEWEST_FIELDS:
            continue
        rows = [row for row in table.grid.rows[table.header.last + 1 : table.stop] if len(row) >= index]
        if all(row[index - 1] == "" for row in rows) and any(_is_only_beside(row, index) for row in rows):
            return labels[index].text
    return None


def _is_only_beside(row: Sequence[object], index: int) -> bool:
    """Return whether a row is blank before a column, and has several cells from there."""
    return all(cell == "" for cell in row[:index]) and sum(cell != "" for cell in row[index:]) >= FEWEST_FIELDS
