"""Facts that the demo's offices report after their month was locked, so that 锁定后变动 shows changes."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from itertools import islice

from demo.facilities import CENTRE
from demo.monthly_rows import Row, RowsByMonth
from demo.span import Span
from periods.models import month_after

REPORTED_LATE = 3  # organizations, each of another county
_URBAN = ("社区居民委员会", "社区居委会", "居委会", "社区")


def facility_opened_later(counties: Iterable[RowsByMonth], span: Span) -> None:
    """Add to the month in arrears one county's correction of the opening day of an urban centre.

    The centre was reported a month too early: the locked month before counts it, and computed again would not.
    """
    locked = month_after(span.in_arrears, -1)
    for rows_by_month in counties:
        for row in rows_by_month.get(locked, ()):
            is_new = row["opened_on"] >= locked and "closed_on" not in row
            if is_new and row["kind"] == CENTRE and row["community_name"].endswith(_URBAN):
                day = span.in_arrears.replace(day=12)
                rows_by_month[span.in_arrears].insert(0, row | {"opened_on": day, "note": "启用日期更正：验收推迟"})
                return


def organizations_reported_late(counties: Iterable[RowsByMonth], span: Span) -> None:
    """Date some organizations that are reported in the month in arrears into the locked month before it."""
    locked = month_after(span.in_arrears, -1)
    founded = (
        next(_founded(rows_by_month.get(span.in_arrears, []), span.in_arrears), None) for rows_by_month in counties
    )
    for row in islice(filter(None, founded), REPORTED_LATE):
        row["established_on"] = locked.replace(day=20)
        row["note"] = "补报"


def _founded(rows: list[Row], month: datetime.date) -> Iterator[Row]:
    return (row for row in rows if row["established_on"] >= month and row.get("community_code"))
