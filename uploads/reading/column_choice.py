"""Choosing the column of each field where several columns of a file may be it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from uploads.reading.headers import Fit, Header, HeaderColumn, Match, Matcher


class ColumnValues:
    """The values below a header, read only where two columns fit one field."""

    def __init__(self, rows: Sequence[Sequence[object]], first: int, stop: int) -> None:
        self._rows = rows
        self._first = first
        self._stop = stop

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
        match = matcher.find(column.labels, column.ordinal, column.count)
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
