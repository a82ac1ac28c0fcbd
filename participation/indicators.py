"""Figures of surveys, consultations and activities.

How content residents are, in how many communities they were asked what they need; what is held for and by them; how many
consultations there are, in how many organizations are heard, and how much of what was agreed is done in time.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, F, QuerySet, Sum, Value, When
from django.db.models.functions import Round
from django.urls import reverse

from changzhi_portal.figures import CountedOver, Figure, FigureKind, Rows, Shown
from changzhi_portal.grades import POINTS_PER_GRADE, Grade5
from participation.models import Activity, Consultation, Survey, SurveyCount
from participation.models.activities import year_before

CLAUSE = "四（一）4"
_OF_ACTIVITIES = "四（二）3"
_OF_CONSULTATIONS = "四（二）1"
_MONTHS_OF_NEEDS = 12


def _satisfaction_rows(first: datetime.date, last: datetime.date) -> Rows:
    """Return the satisfied and the valid answers to 总体 of each community that has enough, of the newest survey of the year."""
    found = SurveyCount.objects.overall_of_newest(last.replace(month=1, day=1), last).order_by()
    return found.annotate(numerator=F("content"), denominator=F("valid")).values(
        "community_id", "numerator", "denominator"
    )


def _score_rows(first: datetime.date, last: datetime.date) -> Rows:
    """Return the points and the valid answers to 总体 of each community that has enough; their quotient is the score."""
    found = SurveyCount.objects.overall_of_newest(last.replace(month=1, day=1), last).order_by()
    points = sum((SurveyCount.answers_of(grade) * Value(int(grade) * POINTS_PER_GRADE) for grade in Grade5), Value(0))
    return found.annotate(numerator=points, denominator=F("valid")).values("community_id", "numerator", "denominator")


def _surveyed_rows(first: datetime.date, last: datetime.date) -> Rows:
    """Return each community once that a closed survey of needs has asked within twelve months."""
    since = year_before(last)
    closed = SurveyCount.objects.filter(
        survey__kind=Survey.Kind.NEEDS,
        survey__state=Survey.State.CLOSED,
        survey__ends_on__gt=since,
        survey__ends_on__lte=last,
    )
    return closed.order_by().values("community_id").distinct().annotate(numerator=Value(1))


def _reported(kind: str) -> QuerySet[Any, dict[str, Any]]:
    return SurveyCount.objects.filter(survey__kind=kind).order_by().values("community_id").distinct()


SATISFACTION = Figure(
    code="satisfaction",
    name="居民满意率",
    unit="%",
    clause=CLAUSE,
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_satisfaction_rows,
    reported=lambda last: _reported(Survey.Kind.SATISFACTION).filter(survey__ends_on__lte=last),
    is_daily=True,
)
SATISFACTION_SCORE = Figure(
    code="satisfaction_score",
    name="居民满意度得分",
    unit="分",
    clause=CLAUSE,
    kind=FigureKind.STOCK,
    shown=Shown.MEAN,
    rows=_score_rows,
    reported=lambda last: _reported(Survey.Kind.SATISFACTION).filter(survey__ends_on__lte=last),
    is_daily=True,
)
SURVEYED = Figure(
    code="surveyed",
    name="开展需求调查的社区占比",
    unit="%",
    clause="四（三）1",
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_surveyed_rows,
    reported=lambda last: _reported(Survey.Kind.NEEDS).filter(survey__ends_on__lte=last),
    over=CountedOver.COMMUNITIES,
    is_daily=True,
)


def _activities(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row an activity of the days, by its kind."""
    held = Activity.objects.filter(held_on__gte=first, held_on__lte=last).order_by()
    return held.annotate(part=F("kind"), numerator=Value(1)).values("community_id", "division_id", "part", "numerator")


def _summed(column: str) -> Callable[[datetime.date, datetime.date], Rows]:
    """Return the rows of a sum: each place with what its activities of the days have of a column, where that is given."""

    def rows(first: datetime.date, last: datetime.date) -> Rows:
        held = Activity.objects.filter(held_on__gte=first, held_on__lte=last, **{f"{column}__isnull": False})
        grouped = held.order_by().values("community_id", "division_id")
        # SQLite adds decimals as floats.
        return grouped.annotate(numerator=Round(Sum(column), precision=1)).values(
            "community_id", "division_id", "numerator"
        )

    return rows


def _any_activity(last: datetime.date) -> Rows:
    """Return the places with any activity by a day."""
    return Activity.objects.filter(held_on__lte=last).order_by().values("community_id", "division_id").distinct()


def _sum_of(code: str, name: str, unit: str, column: str, decimals: int = 0) -> Figure:
    return Figure(
        code=code,
        name=name,
        unit=unit,
        clause=_OF_ACTIVITIES,
        kind=FigureKind.FLOW,
        shown=Shown.TOTAL,
        rows=_summed(column),
        reported=_any_activity,
        decimals=decimals,
    )


ACTIVITIES = Figure(
    code="activities",
    name="开展的活动",
    unit="场",
    clause=_OF_ACTIVITIES,
    kind=FigureKind.FLOW,
    shown=Shown.TOTAL,
    rows=_activities,
    reported=_any_activity,
    parts={kind.value: str(kind.label) for kind in Activity.Kind},
    decimals=0,
)
PARTICIPANTS = _sum_of("participants", "参加活动的人次", "人次", "participants")
VOLUNTEER_HOURS = _sum_of("volunteer_hours", "志愿服务时长", "小时", "volunteer_hours", decimals=1)
HOUSEHOLDS_HELPED = _sum_of("households_helped", "帮扶户数", "户", "households")


def _consultations(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a consultation of the days."""
    held = Consultation.objects.filter(held_on__gte=first, held_on__lte=last).order_by()
    return held.annotate(numerator=Value(1)).values("community_id", "numerator")


def _org_voice_rows(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a consultation of the days; it counts where at least one organization took part."""
    held = Consultation.objects.filter(held_on__gte=first, held_on__lte=last).order_by().with_voice()
    return held.annotate(numerator=F("has_voice"), denominator=Value(1)).values(
        "community_id", "numerator", "denominator"
    )


def _agreed_done_rows(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row an agreement that was due in the days; it counts where it was done by its last day."""
    due = Consultation.objects.filter(due_on__gte=first, due_on__lte=last).order_by()
    in_time = Case(When(done_on__lte=F("due_on"), then=Value(1)), default=Value(0))
    return due.annotate(numerator=in_time, denominator=Value(1)).values("community_id", "numerator", "denominator")


def _any_consultation(last: datetime.date) -> Rows:
    """Return the communities with any consultation by a day."""
    return Consultation.objects.filter(held_on__lte=last).order_by().values("community_id").distinct()


def _listed_by(days: str) -> Callable[[Any, Any], str]:
    """Return what gives the address of the consultations of a month, by the day they were held or are due."""

    def address(division: Any, period: Any) -> str:
        place = {} if division.level == "city" else {str(division.level): division.code}
        asked = place | {f"{days}_from": period.month.isoformat(), f"{days}_to": period.as_of.isoformat()}
        return f"{reverse('participation:consultations')}?{urlencode(asked)}"

    return address


CONSULTATIONS = Figure(
    code="consultations",
    name="开展的协商",
    unit="次",
    clause=_OF_CONSULTATIONS,
    kind=FigureKind.FLOW,
    shown=Shown.TOTAL,
    rows=_consultations,
    reported=_any_consultation,
    list_url=_listed_by("held"),
    decimals=0,
)
ORG_VOICE = Figure(
    code="org_voice",
    name="有社会组织参加的协商占比",
    unit="%",
    clause=_OF_CONSULTATIONS,
    kind=FigureKind.FLOW,
    shown=Shown.RATE,
    rows=_org_voice_rows,
    reported=_any_consultation,
    list_url=_listed_by("held"),
)
AGREED_DONE = Figure(
    code="agreed_done",
    name="协商议定事项按期办结率",
    unit="%",
    clause=_OF_CONSULTATIONS,
    kind=FigureKind.FLOW,
    shown=Shown.RATE,
    rows=_agreed_done_rows,
    reported=_any_consultation,
    list_url=_listed_by("due"),
)
