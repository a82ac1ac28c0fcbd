"""Sheets of one workbook that are one month, quarter or year each: 4月, 5月, 6月; 2018年5月社区, 2018年6月社区."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from uploads.reading.column_times import ColumnTime
from uploads.reading.headers import normal_header

_MONTH_IN_NAME: Final = re.compile(
    r"(?:(?P<year>20\d\d)[年-]?)?(?P<month>1[0-2]|0?[1-9])月份?|(?<!\d)(?P<packed>20\d\d)(?P<digits>0[1-9]|1[0-2])(?!\d)"
    r"|(?P<only_year>20\d\d)年度?"
)


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
