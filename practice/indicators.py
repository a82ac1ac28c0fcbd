"""Figures of documents and stories [四（三）2; 五（四）、（五）] (docs/domain.md §5.12).

A document of a closed county counts for its successor (`targets.engine.map_of_day`); one of a closed community counts no more.
"""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Value
from django.urls import reverse

from changzhi_portal.figures import CountedOver, Figure, FigureKind, Rows, Shown
from communities.models import Division
from practice.models import Document, Story

_ONE = Value(1)


def _with_plan(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a document: the 实施方案 of counties in force on the last day. Those of towns are no county's."""
    plans = Document.objects.in_force_on(last).filter(kind=Document.Kind.PLAN, division__level=Division.Level.COUNTY)
    return plans.order_by().annotate(numerator=_ONE).values("division_id", "numerator")


def _planned(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a document: the 社区发展规划 in force on the last day, with its community."""
    plans = Document.objects.in_force_on(last).filter(kind=Document.Kind.DEVELOPMENT)
    return plans.order_by().annotate(numerator=_ONE).values("community_id", "numerator")


def _any_document(last: datetime.date) -> Rows:
    """Return where any document was issued by a day, whether it still holds or not."""
    return Document.objects.filter(issued_on__lte=last).order_by().values("community_id", "division_id")


def _stories(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a story of the days that is reported or chosen, by its kind."""
    rows = Story.objects.reported_from(first, last).order_by()
    return rows.annotate(part=F("kind"), numerator=_ONE).values("division_id", "part", "numerator")


def _any_story(last: datetime.date) -> Rows:
    """Return where any story was reported of a day up to this one."""
    return Story.objects.exclude(state=Story.State.DRAFT).filter(on__lte=last).order_by().values("division_id")


def _place_asked(division: Any) -> dict[str, str]:
    if division.level == Division.Level.TOWN:
        return {"county": division.parent.code, "town": division.code}
    return {"county": division.code} if division.level == Division.Level.COUNTY else {}


def _documents_list(kind: str) -> Any:
    """Return what gives the address of the documents of one kind that were in force at the end of a month."""

    def address(division: Any, period: Any) -> str:
        asked = {"kind": kind, "on_day": period.as_of.isoformat(), **_place_asked(division)}
        return f"{reverse('practice:document_list')}?{urlencode(asked)}"

    return address


def _stories_list(division: Any, period: Any) -> str:
    days = {"on_from": period.month.isoformat(), "on_to": period.as_of.isoformat()}
    asked = {"state": "reported", **days, **_place_asked(division)}
    return f"{reverse('practice:story_list')}?{urlencode(asked)}"


WITH_PLAN = Figure(
    code="with_plan",
    name="有实施方案的县（市、区）占比",
    unit="%",
    clause="五（五）",
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_with_plan,
    reported=_any_document,
    over=CountedOver.COUNTIES,
    list_url=_documents_list(Document.Kind.PLAN.value),
)
PLANNED = Figure(
    code="planned",
    name="有社区发展规划的社区占比",
    unit="%",
    clause="四（三）2",
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_planned,
    reported=_any_document,
    over=CountedOver.COMMUNITIES,
    list_url=_documents_list(Document.Kind.DEVELOPMENT.value),
)
STORIES = Figure(
    code="stories",
    name="宣传与案例",
    unit="篇",
    clause="五（四）",
    kind=FigureKind.FLOW,
    shown=Shown.TOTAL,
    rows=_stories,
    reported=_any_story,
    parts={str(value): str(label) for value, label in Story.Kind.choices},
    is_daily=True,
    decimals=0,
    list_url=_stories_list,
)
