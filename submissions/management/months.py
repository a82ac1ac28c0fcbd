"""The option --period of commands."""

from __future__ import annotations

from changzhi_portal.refusals import NotFoundError
from periods.models import ReportingPeriod, parse_month


def known_period(text: str) -> ReportingPeriod:
    """Return the month of `--period`. Raises InvalidError for text that is no month, NotFoundError if it does not exist."""
    month = parse_month(text)
    period = ReportingPeriod.objects.filter(month=month).first()
    if period is None:
        raise NotFoundError(
            f"统计月{month.year}年{month.month}月还没有建立，请核对月份。",
            cure=f"The period {text} is not in the calendar. Check --period, or run: manage.py compute --period {text}",
            field="period",
        )
    return period
