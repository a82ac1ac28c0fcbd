"""Undated figures of several months in one file: a sheet, a table below another, or a row for each month."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Final

from changzhi_portal.names import community_key
from uploads.reading.column_times import ColumnTime
from uploads.reading.headers import normal_header
from uploads.reading.months import title_month
from uploads.reading.refusal import FileRefusedError
from uploads.reading.rows import is_footer, is_total
from uploads.reading.tables import Table

_MONTH_IN_NAME: Final = re.compile(
    r"(?:(?P<year>20\d\d)[年-]?)?(?P<month>1[0-2]|0?[1-9])月份?|(?<!\d)(?P<packed>20\d\d)(?P<digits>0[1-9]|1[0-2])(?!\d)"
    r"|(?P<only_year>20\d\d)年度?"
)

_NAMING_FIELDS: Final = frozenset({"ref", "community_name", "community_code"})
_MONTH_COLUMNS: Final = frozenset(
    "月份 统计月份 统计月 年月 所属月份 填报月份 数据月份 上报月份 报告期 期别 月度".split()
)


def tables_of_other_months(tables: Sequence[Table], month: datetime.date, day_field: str) -> list[Table]:
    """Return the tables with undated figures of another month, of a file that has one sheet or one table per month.

    `day_field` is the field of the column that dates figures. Sheets are told apart by their names (4月, 5月), the tables of
    one sheet by their titles. Raises FileRefusedError (header_not_found) when none of several is of the file's month, or when
    the rows of one table are of several months. Tables that name other records are no series of months, whatever their names:
    3月完成社区, 6月完成社区.
    """
    undated = [table for table in tables if day_field not in table.header.fields.values()]
    for table in undated:
        _reject_months_in_rows(table, month)
    titles = [table.grid.name for table in undated]
    sheets = other_times(titles, month)
    if sheets:
        of_sheet: dict[str, set[str]] = defaultdict(set)
        for table in undated:
            of_sheet[table.grid.name or ""] |= _records_of(table)
        sheets = other_times(titles, month, of_sheet)
    others = [table for table in undated if table.grid.name in sheets]
    missing = [name for name, has_own in sheets.items() if not has_own]
    below: dict[str | None, list[Table]] = defaultdict(list)
    for table in undated:
        if table not in others and title_month(table.title) is not None:
            below[table.grid.name].append(table)
    for name, titled in below.items():
        if len({title_month(table.title) for table in titled}) > 1:
            records = [_records_of(table) for table in titled]
            left_out = _of_series(records, [title_month(table.title) == month for table in titled])
            others += [titled[position] for position in left_out]
            if len(left_out) == len(titled):
                missing.append(name or "这张表")
    if missing:
        names = "、".join(f"“{name}”" for name in missing[:6])
        raise FileRefusedError(
            "header_not_found",
            f"表按月份分开（{names}），其中没有{month.year}年{month.month}月的；请改选月份，或只留要报的那一张",
            cure="There is one table per month, and none of the month chosen. Choose another month.",
            can_be_mapped=False,
        )
    return others


def _reject_months_in_rows(table: Table, month: datetime.date) -> None:
    """Raise FileRefusedError (header_not_found) for a column 月份 with several months."""
    for column in table.header.columns:
        if normal_header(column.text) not in _MONTH_COLUMNS:
            continue
        rows = _rows_of(table, _naming_columns(table))
        found = [_month_of(row[column.index]) for row in rows if column.index < len(row)]
        years, months = ({each[part] for each in found if each is not None} - {0} for part in (0, 1))
        if len(years) > 1 or len(months) > 1:
            raise FileRefusedError(
                "header_not_found",
                f"“{column.text}”列里有几个月份，请只留{month.year}年{month.month}月的行，再上传",
                cure="The rows are of several months. Keep those of the month chosen.",
                can_be_mapped=False,
            )


def _month_of(cell: object) -> tuple[int, int] | None:
    """Return year (0 if not given) and month that a cell names."""
    if isinstance(cell, datetime.date):
        return cell.year, cell.month
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    match = _MONTH_IN_NAME.search(normal_header(text)) if cell != "" else None
    month = (match["month"] or match["digits"]) if match else None
    return (int((match["year"] or match["packed"] or 0) if match else 0), int(month)) if month else None


def _records_of(table: Table) -> set[str]:
    """Return the names and codes by which the rows of a table call their records, without totals."""
    naming = _naming_columns(table)
    cells = (row[index] for row in _rows_of(table, naming) for index in naming if index < len(row))
    return {community_key(str(cell).removesuffix(".0")) for cell in cells if cell != ""}


def _naming_columns(table: Table) -> list[int]:
    return [index for index, name in table.header.fields.items() if name in _NAMING_FIELDS]


def _rows_of(table: Table, naming: Sequence[int]) -> Iterator[Sequence[object]]:
    """Yield the rows below a header without totals, footers, and headings in a cell alone."""
    for row in table.grid.rows[table.header.last + 1 : table.stop]:
        if len(row) - row.count("") > 1 and not is_footer(row) and not is_total(row, naming):
            yield row


def _of_series(records: Sequence[Set[str]], are_own: Sequence[bool]) -> list[int]:
    """Return the positions of the tables, not of the file's month, that name the records of one that is.

    Where none is of that month, of those that name the records of another one.
    """
    found = []
    for position, (named, is_own) in enumerate(zip(records, are_own, strict=True)):
        if is_own:
            continue
        compared = [number for number, own in enumerate(are_own) if number != position and (own or not any(are_own))]
        known = set[str]().union(*(records[number] for number in compared))
        # A table without rows says nothing, so that its name counts.
        if not named or not known or 2 * len(named & known) >= min(len(named), len(known)):
            found.append(position)
    return found


def other_times(
    names: Iterable[str | None], month: datetime.date | None, records: Mapping[str, Set[str]] = MappingProxyType({})
) -> dict[str, bool]:
    """Return the sheets of other times than the file's `month`, of those whose names differ in the time only.

    The value tells whether a sheet of that series is the month's. Sheets whose names differ in more than the time (one
    per town, 6月新增) are no series, and neither is a single sheet, nor are sheets with different `records`.
    """
    series: dict[str, dict[str, ColumnTime]] = defaultdict(dict)
    for name in names:
        if name and (time := _time_in(name)):
            rest, found = time
            series[rest][name] = found
    others: dict[str, bool] = {}
    for sheets in series.values():
        if month is None or len(set(sheets.values())) < 2:
            continue
        titles = list(sheets)
        are_own = [bool(sheets[name].fits(month)) for name in titles]
        left_out = _of_series([records.get(name, set()) for name in titles], are_own)
        others |= {titles[position]: any(are_own) for position in left_out}
    return others


def _time_in(name: str) -> tuple[str, ColumnTime] | None:
    """Return a sheet's name without its time, and the time; None without one."""
    plain = normal_header(name)
    match = _MONTH_IN_NAME.search(plain)
    if match is None:
        return None
    rest = plain[: match.start()] + plain[match.end() :]
    year = match["year"] or match["packed"] or match["only_year"]
    month = match["month"] or match["digits"]
    return rest, ColumnTime(None, int(year or 0), (int(month),) if month else ())
