"""What the demo's offices find out only after a month was locked, so that 锁定后变动 has something to show."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from itertools import islice

from demo.facilities import CENTRE
from demo.span import Span
from demo.story import Row, Story
from periods.models import month_after

REPORTED_LATE = 3  # organizations, of a county each


def facility_opened_later(stories: Iterable[Story], span: Span) -> None:
    """Let one county correct, in the month in arrears, the opening of an urban centre that it had reported a month early.

    The locked month before counts the centre; computed again, it would not.
    """
    locked = month_after(span.in_arrears, -1)
    for story in stories:
        for row in story.get(locked, ()):
            is_new = row["opened_on"] >= locked and "closed_on" not in row
            if is_new and row["kind"] == CENTRE and row["community_name"].endswith(_URBAN):
                day = span.in_arrears.replace(day=12)
                story[span.in_arrears].insert(0, row | {"opened_on": day, "note": "启用日期更正：验收推迟"})
                return


_URBAN = ("社区居民委员会", "社区居委会", "居委会", "社区")


def organizations_reported_late(stories: Iterable[Story], span: Span) -> None:
    """Let some organizations that are reported in the month in arrears have been founded in the locked one before."""
    locked = month_after(span.in_arrears, -1)
    founded = (next(_founded(story.get(span.in_arrears, []), span.in_arrears), None) for story in stories)
    for row in islice(filter(None, founded), REPORTED_LATE):
        row["established_on"] = locked.replace(day=20)
        row["note"] = "补报"


def _founded(rows: list[Row], month: datetime.date) -> Iterator[Row]:
    return (row for row in rows if row["established_on"] >= month and row.get("community_code"))
