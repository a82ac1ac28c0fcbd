"""The day on which the issue of a month appears by itself (docs/domain.md §7.8)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Q

from changzhi_portal.phrases import day_in_words
from periods.models import last_day_of, month_after
from periods.workdays import estimated_note, this_or_next_workday
from reports.models import Briefing, BriefingSettings, PublicationDay


class Publication(NamedTuple):
    """The issue of a month (its first day) and the day on which it appears."""

    month: datetime.date
    day: datetime.date

    @property
    def note(self) -> str:
        """Return the sentence that the day is estimated, for a year whose days off are not announced; "" otherwise."""
        return estimated_note(self.day)


def publication_day(month: datetime.date, day_of_month: int) -> datetime.date:
    """Return the day of the following month on which a month's issue appears.

    The last day of the following month if it is shorter; the next working day where that is none.
    """
    last = last_day_of(month_after(month))
    return this_or_next_workday(last.replace(day=min(day_of_month, last.day)))


def publications_until(chosen: BriefingSettings, day: datetime.date) -> Iterator[Publication]:
    """Yield the issues whose day has come by `day`, since a day was set, oldest first."""
    if chosen.publication_day is None or chosen.publishes_since is None:
        return
    month = month_after(chosen.publishes_since, -2)
    while month < day.replace(day=1):
        appears_on = publication_day(month, chosen.publication_day)
        if chosen.publishes_since <= appears_on <= day:
            yield Publication(month, appears_on)
        month = month_after(month)


def next_publication(chosen: BriefingSettings, today: datetime.date) -> Publication | None:
    """Return the next issue to appear by itself: today's, unless it is out, or a later one; None without a day."""
    if chosen.publication_day is None or chosen.pk is None:
        return None
    out = set(
        PublicationDay.objects.filter(~Q(done_at=None), division=chosen.division).values_list(
            "period__month", flat=True
        )
    )
    month = month_after(today, -2)
    while True:
        appears_on = publication_day(month, chosen.publication_day)
        if appears_on >= today and month not in out:
            return Publication(month, appears_on)
        month = month_after(month)


def publication_text(briefing: Briefing, today: datetime.date) -> str:
    """Return when an edition that is not out appears by itself, and what it takes: 签发后，2018年7月10日自动印发.

    "" for one that only people issue: without a day of publication, a corrected edition, a quarter's or a year's. One query.
    """
    if briefing.is_published or briefing.edition > 1 or briefing.span != Briefing.Span.MONTH:
        return ""
    chosen = BriefingSettings.objects.filter(division=briefing.division_id).first()
    if chosen is None or chosen.publication_day is None or chosen.publishes_since is None:
        return ""
    day = publication_day(briefing.period.month, chosen.publication_day)
    if day < chosen.publishes_since:
        return ""
    before = "签发后" if chosen.needs_approval else "上报都接收后"
    if briefing.stage in {Briefing.Stage.APPROVED, Briefing.Stage.ISSUING}:
        before = ""
    if day < today:
        return f"印发日（{day_in_words(day.isoformat())}）已过，{before or '将'}自动印发"
    return f"{before}{'，' if before else ''}{day_in_words(day.isoformat())}自动印发"
