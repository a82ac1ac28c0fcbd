"""What the front page of an issue says, for its files; a draft has no day of issue yet."""

from __future__ import annotations

import datetime

from reports.issue import PrintedIssue


def issued_day(issue: PrintedIssue) -> str:
    """Return the day of issue: 2018年7月5日; "" for a draft."""
    day = issue.briefing.issued_on
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def made_at(issue: PrintedIssue) -> datetime.datetime:
    """Return the moment that files name as theirs, which must not depend on the clock: that day, or the month's end of a draft."""
    day = issue.briefing.issued_on or datetime.date.fromisoformat(issue.figures.as_of)
    return datetime.datetime.combine(day, datetime.time())
