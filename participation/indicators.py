"""Figures of surveys and activities.

How content residents are, in how many communities they were asked what they need; what is held for and by them.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django.db.models import F, QuerySet, Sum, Value
from django.db.models.functions import Round

from changzhi_portal.figures import CountedOver, Figure, FigureKind, Rows, Shown
from changzhi_portal.grades import POINTS_PER_GRADE, Grade5
from participation.models import Activity, Survey, SurveyCount
from periods.models import years_before

CLAUSE = "四（一）4"
_OF_ACTIVITIES = "四（二）3"
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
    since = years_before(last)
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
