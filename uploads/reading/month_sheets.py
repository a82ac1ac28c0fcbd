"""Undated figures of several months in one file: a sheet, a table below another, or a row for each month."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from uploads.reading.column_times import ColumnTime
from uploads.reading.headers import normal_header
from uploads.reading.months import title_month
from uploads.reading.refusal import FileRefusedError
from uploads.reading.tables import Table

_MONTH_IN_NAME: Final = re.compile(
    r"(?:(?P<year>20\d\d)[年-]?)?(?P<month>1[0-2]|0?[1-9])月份?|(?<!\d)(?P<packed>20\d\d)(?P<digits>0[1-9]|1[0-2])(?!\d)"
    r"|(?P<only_year>20\d\d)年度?"
)

_MONTH_COLUMNS: Final = frozenset(
    "月份 统计月份 统计月 年月 所属月份 填报月份 数据月份 上报月份 报告期 期别 月度".split()
)


def tables_of_other_months(tables: Sequence[Table], month: datetime.date) -> list[Table]:
    """Return the tables with undated figures of another month, of a file that has one sheet or one table per month.

    Sheets are told apart by their names (4月, 5月), the tables of one sheet by their titles. Raises FileRefusedError
    (header_not_found) when none of several is of the file's month, or when the rows of one table are of several months.
    """
    undated = [table for table in tables if "as_of" not in table.header.fields.values()]
    for table in undated:
        _reject_months_in_rows(table, month)
    sheets = other_times([table.grid.name for table in undated], month)
    others = [table for table in undated if table.grid.name in sheets]
    missing = [name for name, has_own in sheets.items() if not has_own]
    below: dict[str | None, list[Table]] = defaultdict(list)
    for table in undated:
        if table not in others and title_month(table.title) is not None:
            below[table.grid.name].append(table)
    for name, titled in below.items():
        if len({title_month(table.title) for table in titled}) > 1:
            left_out = [table for table in titled if title_month(table.title) != month]
            others += left_out
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
        rows = table.grid.rows[table.header.last + 1 : table.stop]
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


def other_times(names: Iterable[str | None], month: datetime.date | None) -> dict[str, bool]:
    """Return the sheets of other times than the file's `month`, of those whose names differ in the time only.

    The value tells whether a sheet of that series is the month's. Sheets whose names differ in more than the time (one
    per town, 6月新增) are no series, and neither is a single sheet.
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
        has_own = any(time.fits(month) for time in sheets.values())
        others |= {name: has_own for name, time in sheets.items() if not time.fits(month)}
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
