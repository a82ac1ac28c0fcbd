"""Helpers for reports: a month that can be reported today, and a small city without findings."""

from __future__ import annotations

import datetime

from django.utils import timezone

from periods.models import ReportingPeriod
from submissions.checks import findings_for
from submissions.models import explanation_key
from tests.factories import Place, make_facility, make_period, make_profile


def make_due(month: str = "2018-06", *, in_days: int = 3, late_days: int = 10) -> ReportingPeriod:
    """Return a month due `in_days` from today, with `late_days` more for late reports."""
    period = make_period(month)
    period.due_on = timezone.localdate() + datetime.timedelta(days=in_days)
    period.late_until = period.due_on + datetime.timedelta(days=late_days)
    period.save()
    return period


def overdue(period: ReportingPeriod, days: int = 1, late_days: int = 10) -> ReportingPeriod:
    """Make the month due `days` ago and return it."""
    return make_due(period.code, in_days=-days, late_days=late_days)


def moment_of(day: datetime.date) -> datetime.datetime:
    """Return the morning of a day."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(9)))


def settle(place: Place) -> None:
    """Create residents for every community, so that there are no findings."""
    for community in (*place.communities, *place.other_communities, *place.villages):
        make_profile(community, residents=3_000, households=1_000)


def doubtful_facility(place: Place, number: int = 0) -> object:
    """Create a facility of 城区 that is implausibly large, a soft finding."""
    return make_facility(place.communities[number], area=30_000)


def explained(period: ReportingPeriod, county: object, text: str = "已现场核对") -> dict[str, str]:
    """Return a text for every soft finding of a county."""
    found = findings_for(period=period, division=county)
    return {explanation_key(finding.rule.code, finding.ref): text for finding in found if not finding.is_hard}
