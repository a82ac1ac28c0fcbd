"""Who reports a month, and who has: completeness and timeliness of the counties' reports (docs/domain.md §6).

The rates follow DHIS2's reporting rates: of the reports *expected* (a county that stood on the month's last day owes one
for it), how many *actually* stand (submitted or accepted; one that was returned does not), and how many of these came
*on time* (first submitted by the day they were due).
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, TextChoices

from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.percent import percent
from communities.models import Division, DivisionChange
from communities.models.division import DivisionQuerySet
from periods.models import ReportingPeriod, month_after
from submissions.models import Submission
from targets.engine.map_of_day import divisions_counted_for

MONTHS = 12  # how far back a county's rates look


class Phase(TextChoices):
    """What a county may still do about a month on a day."""

    NOT_OPEN = "not_open", "未开放"
    IN_TIME = "in_time", "按时"
    LATE = "late", "迟报"
    CLOSED = "closed", "迟报截止"  # only the bureau may report now, on the county's behalf
    LOCKED = "locked", "已锁定"


def phase_of(period: ReportingPeriod, day: datetime.date) -> Phase:
    """The phase of a month on `day`; both the day it is due and the last day for late reports count in full."""
    if period.state == ReportingPeriod.State.LOCKED:
        return Phase.LOCKED
    # A month that was open may have been given a later opening day.
    if period.state == ReportingPeriod.State.UPCOMING or day < period.opens_on:
        return Phase.NOT_OPEN
    if day <= period.due_on:
        return Phase.IN_TIME
    return Phase.LATE if day <= period.late_until else Phase.CLOSED


def deadline_text(period: ReportingPeriod, day: datetime.date) -> str:
    """Return until when a month may be reported, as a clerk reads it on `day`: 7月5日截止，还有3天."""
    left = (period.due_on - day).days
    due, last = _short(period.due_on), _short(period.late_until)
    if left > 0:
        return f"{due}截止，还有{left}天"
    if left == 0:
        return "今天截止"
    if day <= period.late_until:
        return f"{due}已截止，现在上报记为迟报，最晚{last}"
    return f"迟报截止日{last}已过，只能由市局业务员代为上报"


def _short(day: datetime.date) -> str:
    return f"{day.month}月{day.day}日"


class ReportStatus(TextChoices):
    """How a county stands with a month; each county has exactly one."""

    ON_TIME = "on_time", "按时上报"
    LATE = "late", "迟报"
    RETURNED = "returned", "已退回"
    MISSING = "missing", "未上报"


def report_status_of(submission: Submission) -> ReportStatus:
    """The standing of a submission, also of one that nobody has begun."""
    if submission.is_reported:
        return ReportStatus.LATE if submission.is_late else ReportStatus.ON_TIME
    return ReportStatus.RETURNED if submission.state == Submission.State.RETURNED else ReportStatus.MISSING


@dataclass(frozen=True)
class ReportingRate:
    """Reports expected, those that stand, and those of them that came on time."""

    expected: int = 0
    actual: int = 0
    on_time: int = 0

    def __add__(self, other: ReportingRate) -> ReportingRate:
        return ReportingRate(self.expected + other.expected, self.actual + other.actual, self.on_time + other.on_time)

    @property
    def completeness(self) -> Decimal | None:
        """Actual of expected, in percent with one decimal; None when nothing was expected."""
        return percent(self.actual, self.expected)

    @property
    def timeliness(self) -> Decimal | None:
        """On time of expected, in percent with one decimal; None when nothing was expected."""
        return percent(self.on_time, self.expected)


@dataclass(frozen=True)
class MonthStatus:
    """The submissions of a month, one a county, by code; those that nobody has begun are not saved."""

    period: ReportingPeriod
    submissions: Sequence[Submission]

    def of(self, *standings: ReportStatus) -> list[Submission]:
        """Those that stand so."""
        return [submission for submission in self.submissions if report_status_of(submission) in standings]

    @property
    def owing(self) -> list[Submission]:
        """Those whose county still has to report: never submitted, or returned."""
        return self.of(ReportStatus.MISSING, ReportStatus.RETURNED)

    @property
    def waiting(self) -> list[Submission]:
        """Those that wait for the bureau's decision."""
        return [each for each in self.submissions if each.state == Submission.State.SUBMITTED]

    @property
    def rate(self) -> ReportingRate:
        """Of all its counties."""
        on_time, late = len(self.of(ReportStatus.ON_TIME)), len(self.of(ReportStatus.LATE))
        return ReportingRate(len(self.submissions), on_time + late, on_time)


def reporting_counties(period: ReportingPeriod) -> DivisionQuerySet:
    """The counties that report a month: those that stood on its last day, by code."""
    return Division.objects.counties().in_effect_on(period.as_of).order_by("code")


def month_status(period: ReportingPeriod, counties: DivisionQuerySet) -> MonthStatus:
    """How counties of a month stand (see `reporting_counties`; cut it to a user or a division first). Two queries."""
    found = Submission.objects.for_period(period).with_steps().filter(county__in=counties.order_by())
    begun = {submission.county_id: submission for submission in found}
    rows = [begun.get(county.pk) or Submission(period=period, county=county) for county in counties]
    return MonthStatus(period, rows)


def reporting_status(period: ReportingPeriod, division: Division) -> MonthStatus:
    """How the counties of a month in `division` stand, whoever asks; the briefing prints it (四、填报情况)."""
    counties = reporting_counties(period)
    if division.level == Division.Level.CITY:
        return month_status(period, counties.within(division))
    # Not `within` a county: what it has taken in since hangs under it, and reported by itself then.
    return month_status(period, counties.filter(pk=division.pk))


def records_changed_since(submission: Submission, user: Any) -> int:
    """How many records of the county's registers, of those `user` may see, were changed since the report that stands.

    When it was made the log knows: `submitted_at` of demo data lies years before the day on which they were brought in.
    """
    if not submission.is_reported:
        return 0
    visible = ChangeRecord.objects.visible_to(user)
    reports = visible.of_object(submission).filter(after__state=Submission.State.SUBMITTED).select_related("change_set")
    report = reports.first()
    since = report.change_set.made_at if report else submission.submitted_at
    # What was edited at the divisions that have taken their places since is the county's own as well.
    inside = visible.filter(division__in=divisions_counted_for(submission.county_id, submission.period.as_of))
    later = inside.filter(change_set__made_at__gt=since, change_set__affects_figures=True)
    # A change of divisions touches every record of a place and no figure of a month before.
    of_the_map = ChangeSet.objects.filter(records__model=DivisionChange._meta.label_lower)
    return later.exclude(change_set__in=of_the_map).values("model", "object_id").distinct().count()


# --- Over months ---


def months_due(period: ReportingPeriod, day: datetime.date) -> list[ReportingPeriod]:
    """The last MONTHS months up to `period` that were due before `day` (or are locked), newest first."""
    within = Q(month__lte=period.month, month__gt=month_after(period.month, -MONTHS))
    is_due = Q(due_on__lt=day) | Q(state=ReportingPeriod.State.LOCKED)
    return list(ReportingPeriod.objects.filter(within & is_due).order_by("-month"))


def rates_by_county(counties: Iterable[Division], periods: Sequence[ReportingPeriod]) -> dict[int, ReportingRate]:
    """The rate of each county over some months, by its key; a month in which it did not stand is not expected of it."""
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
    owed = [period.pk for period in periods if is_in_effect_on(county, period.as_of)]
    actual = [is_late_of[key] for key in owed if key in is_late_of]
    return ReportingRate(expected=len(owed), actual=len(actual), on_time=actual.count(False))


def is_in_effect_on(division: Division, day: datetime.date) -> bool:
    """Whether a division stood on a day; one closed on that day had ended."""
    return division.valid_from <= day and (division.valid_to is None or division.valid_to > day)


def submissions_of(counties: Any, periods: Sequence[ReportingPeriod]) -> list[Submission]:
    """One county's (or its predecessors') submissions of some months, newest first; unsaved where never begun."""
    found = Submission.objects.with_steps().filter(county__in=counties, period__in=periods)
    begun = {(each.period_id, each.county_id): each for each in found}
    return [
        begun.get((period.pk, county.pk)) or Submission(period=period, county=county)
        for period in periods
        for county in counties
        if is_in_effect_on(county, period.as_of)
    ]
