"""Status of the counties' reports of a month, their completeness and timeliness (docs/domain.md §6).

The rates follow DHIS2's reporting rates: the *expected* reports (one for each county of the month's last day), the
*actual* ones (submitted or accepted, not returned), and of these the ones *on time* (first submitted by the due day).
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, TextChoices

from changzhi_portal.percent import percent
from changzhi_portal.rights import Viewer
from communities.models import Division
from communities.models.division import DivisionQuerySet
from periods.models import ReportingPeriod, month_after
from submissions.models import Submission

MONTHS = 12  # the number of months that a county's rates cover


class Phase(TextChoices):
    """Phases of reporting a month."""

    NOT_OPEN = "not_open", "未开放"
    IN_TIME = "in_time", "按时"
    LATE = "late", "迟报"
    CLOSED = "closed", "迟报截止"  # only the bureau may report now, on the county's behalf
    LOCKED = "locked", "已锁定"


def phase_of(period: ReportingPeriod, day: datetime.date) -> Phase:
    """Return the phase of a month on `day`; `due_on` and `late_until` are the last days of their phases."""
    if period.state == ReportingPeriod.State.LOCKED:
        return Phase.LOCKED
    # The opening day of an open month may have been changed to a later one.
    if period.state == ReportingPeriod.State.UPCOMING or day < period.opens_on:
        return Phase.NOT_OPEN
    if day <= period.due_on:
        return Phase.IN_TIME
    return Phase.LATE if day <= period.late_until else Phase.CLOSED


def deadline_text(period: ReportingPeriod, day: datetime.date) -> str:
    """Return the deadline of a month as shown to clerks on `day`: 2018年7月5日截止，还有3天."""
    days_left = (period.due_on - day).days
    due, last = _short(period.due_on), _short(period.late_until)
    if days_left > 0:
        return f"{due}截止，还有{days_left}天"
    if days_left == 0:
        return "今天截止"
    if day <= period.late_until:
        return f"{due}已截止，现在上报记为迟报，最晚{last}"
    return f"迟报截止日{last}已过，只能由市局业务员代为上报"


def _short(day: datetime.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


class ReportStatus(TextChoices):
    """Status of a county's report of a month; each county has exactly one."""

    ON_TIME = "on_time", "按时上报"
    LATE = "late", "迟报"
    RETURNED = "returned", "已退回"
    MISSING = "missing", "未上报"


def report_status_of(submission: Submission) -> ReportStatus:
    """Return the status of a submission, which may be unsaved."""
    if submission.is_reported:
        return ReportStatus.LATE if submission.is_late else ReportStatus.ON_TIME
    return ReportStatus.RETURNED if submission.state == Submission.State.RETURNED else ReportStatus.MISSING


@dataclass(frozen=True)
class ReportingRate:
    """Numbers of expected reports, of actual ones, and of those that were on time."""

    expected: int = 0
    actual: int = 0
    on_time: int = 0

    def __add__(self, other: ReportingRate) -> ReportingRate:
        return ReportingRate(self.expected + other.expected, self.actual + other.actual, self.on_time + other.on_time)

    @property
    def completeness(self) -> Decimal | None:
        """Return actual reports in percent of the expected ones, with one decimal; None if none was expected."""
        return percent(self.actual, self.expected)

    @property
    def timeliness(self) -> Decimal | None:
        """Return reports on time in percent of the expected ones, with one decimal; None if none was expected."""
        return percent(self.on_time, self.expected)


@dataclass(frozen=True)
class MonthStatus:
    """The submissions of a month, one for each county, by code; unsaved if nothing was submitted."""

    period: ReportingPeriod
    submissions: Sequence[Submission]

    def of(self, *statuses: ReportStatus) -> list[Submission]:
        """Return the submissions with one of these statuses."""
        return [submission for submission in self.submissions if report_status_of(submission) in statuses]

    @property
    def unreported(self) -> list[Submission]:
        """Return the submissions whose county still has to report: never submitted, or returned."""
        return self.of(ReportStatus.MISSING, ReportStatus.RETURNED)

    @property
    def waiting(self) -> list[Submission]:
        """Return the submissions that the bureau has to review."""
        return [each for each in self.submissions if each.state == Submission.State.SUBMITTED]

    @property
    def rate(self) -> ReportingRate:
        """Return the rate over all counties of the status."""
        on_time, late = len(self.of(ReportStatus.ON_TIME)), len(self.of(ReportStatus.LATE))
        return ReportingRate(len(self.submissions), on_time + late, on_time)


def reporting_counties(period: ReportingPeriod) -> DivisionQuerySet:
    """Return the counties that report a month: those of its last day, by code."""
    return Division.objects.counties().in_effect_on(period.as_of).order_by("code")


def month_status(period: ReportingPeriod, counties: DivisionQuerySet) -> MonthStatus:
    """Return the status of some counties of a month. Two queries.

    `counties` are `reporting_counties`, filtered for a user or a division.
    """
    submissions = Submission.objects.for_period(period).with_steps().filter(county__in=counties.order_by())
    by_county = {submission.county_id: submission for submission in submissions}
    rows = [by_county.get(county.pk) or Submission(period=period, county=county) for county in counties]
    return MonthStatus(period, rows)


def reporting_status(period: ReportingPeriod, division: Division) -> MonthStatus:
    """Return the status of the counties in `division`, not restricted to a user's scope; for the briefing (四、填报情况)."""
    counties = reporting_counties(period)
    if division.level == Division.Level.CITY:
        return month_status(period, counties.within(division))
    # Not `within` a county, which would include counties merged into it since, which reported by themselves.
    return month_status(period, counties.filter(pk=division.pk))


@dataclass(frozen=True)
class ReviewQueue:
    """The reports that wait for the bureau besides the one at hand: the next one, None if there is none, and how many."""

    next: Submission | None
    number: int


def review_queue(submission: Submission, user: Viewer) -> ReviewQueue:
    """Return what waits in the user's scope besides `submission`: the next after it by month and county, else the first."""
    others = list(Submission.objects.visible_to(user).to_review().exclude(pk=submission.pk))
    here = (submission.period.month, submission.county.code)
    after = (each for each in others if (each.period.month, each.county.code) > here)
    return ReviewQueue(next(after, others[0] if others else None), len(others))


# --- Over months ---


def months_due(period: ReportingPeriod, day: datetime.date) -> list[ReportingPeriod]:
    """Return those of the MONTHS months up to `period` that were due before `day` or are locked, newest first."""
    within = Q(month__lte=period.month, month__gt=month_after(period.month, -MONTHS))
    is_due = Q(due_on__lt=day) | Q(state=ReportingPeriod.State.LOCKED)
    return list(ReportingPeriod.objects.filter(within & is_due).order_by("-month"))


def rates_by_county(counties: Iterable[Division], periods: Sequence[ReportingPeriod]) -> dict[int, ReportingRate]:
    """Return the rate of each county over some months, by its key; months when the county did not exist do not count."""
    chosen = list(counties)
    reported = (
        Submission.objects.reported()
        .filter(county__in=chosen, period__in=periods)
        .order_by()
        .values_list("county_id", "period_id", "is_late")
    )
    is_late_of: dict[int, dict[int, bool]] = defaultdict(dict)
    for county_id, period_id, is_late in reported:
        is_late_of[county_id][period_id] = is_late
    return {county.pk: _rate(county, periods, is_late_of[county.pk]) for county in chosen}


def _rate(county: Division, periods: Sequence[ReportingPeriod], is_late_of: dict[int, bool]) -> ReportingRate:
    expected = [period.pk for period in periods if is_in_effect_on(county, period.as_of)]
    actual = [is_late_of[key] for key in expected if key in is_late_of]
    return ReportingRate(expected=len(expected), actual=len(actual), on_time=actual.count(False))


def is_in_effect_on(division: Division, day: datetime.date) -> bool:
    """Return whether a division exists on a day; not on its closing day."""
    return division.valid_from <= day and (division.valid_to is None or division.valid_to > day)


def submissions_of(counties: Any, periods: Sequence[ReportingPeriod]) -> list[Submission]:
    """Return the submissions of some counties in some months, in the order of `periods`; unsaved if not begun."""
    submissions = Submission.objects.with_steps().filter(county__in=counties, period__in=periods)
    saved = {(each.period_id, each.county_id): each for each in submissions}
    return [
        saved.get((period.pk, county.pk)) or Submission(period=period, county=county)
        for period in periods
        for county in counties
        if is_in_effect_on(county, period.as_of)
    ]
