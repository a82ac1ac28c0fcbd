"""Figures of surveys: how content residents are, and in how many communities they were asked what they need."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import F, QuerySet, Value

from changzhi_portal.figures import CountedOver, Figure, FigureKind, Rows, Shown
from changzhi_portal.grades import POINTS_PER_GRADE, Grade5
from participation.models import Survey, SurveyCount

CLAUSE = "四（一）4"
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


def year_before(day: datetime.date) -> datetime.date:
    """Return the day twelve months before; the last of February for 29 February."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


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
