"""Figures of 社会工作人才: who was trained and hired, whose hours are on course, which posts are filled [四（三）1—3]."""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, CharField, F, IntegerField, Value, When
from django.urls import reverse

from changzhi_portal.figures import Figure, FigureKind, Rows, Shown
from communities.models import ServicePoint
from socialworkers.models import Posting, SocialWorker, Training
from socialworkers.models.hours import on_course
from socialworkers.models.trainings import AUDIENCES
from socialworkers.posts import filling_posts, is_professional, setting_posts

UNKNOWN_WAY = "unknown"  # the part of postings that do not say how somebody was recruited
_NOTHING = Value(0, IntegerField())
_ONE = Value(1, IntegerField())
_COUNTED = ("community_id", "division_id", "numerator", "denominator")


def _trained(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a training that ended in the month and kind of people, with how many attended."""
    ended = Training.objects.filter(ends_on__gte=first, ends_on__lte=last).order_by()
    return tuple(
        ended.filter(**{f"{audience}__isnull": False})
        .annotate(part=Value(audience, CharField()), numerator=F(audience))
        .values("division_id", "part", "numerator")
        for audience in AUDIENCES
    )


def _trainings(last: datetime.date) -> Rows:
    """Return the divisions that had held any training by a day."""
    return Training.objects.filter(ends_on__lte=last).order_by().values("division_id")


def _trainings_of(division: Any, period: Any) -> str:
    """Return the list of the trainings that ended in the month, of a county or town those that it held."""
    asked = {"ends_from": f"{period.month:%Y-%m-%d}", "ends_to": f"{period.as_of:%Y-%m-%d}"}
    if division.level == "town":
        asked |= {"county": division.code[:6], "town": division.code}
    elif division.level == "county":
        asked |= {"county": division.code}
    return f"{reverse('socialworkers:training_list')}?{urlencode(asked)}"


def _hired(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a posting that began in the month, by how the person was recruited."""
    part = Case(When(recruited_by="", then=Value(UNKNOWN_WAY)), default=F("recruited_by"), output_field=CharField())
    begun = Posting.objects.filter(started_on__gte=first, started_on__lte=last).order_by()
    return begun.annotate(part=part, numerator=_ONE).values("community_id", "division_id", "part", "numerator")


def _hours_ok(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a holder at post whose registration is known: 1 of 1 with the hours that the days gone ask for."""
    at_post = Posting.objects.in_effect_on(last).filter(worker__registered_until__isnull=False)
    holders = at_post.exclude(worker__level=SocialWorker.Level.NONE).order_by()
    return holders.annotate(numerator=on_course(last, "worker__"), denominator=_ONE).values(*_COUNTED)


def _posts_filled(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a point with the posts that it sets, and one a professional who fills one."""
    points = setting_posts(last).annotate(numerator=_NOTHING, denominator=F("posts"))
    filled = filling_posts(last).annotate(numerator=_ONE, denominator=_NOTHING)
    return points.values(*_COUNTED), filled.values(*_COUNTED)


def _posts_reported(last: datetime.date) -> Rows:
    """Return where any point by a day says how many posts it sets."""
    said = ServicePoint.objects.filter(opened_on__lte=last, posts__isnull=False).order_by()
    return said.values("community_id", "division_id")


def _conversion(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a community worker at post: 1 of 1 who is a professional."""
    at_post = Posting.objects.in_effect_on(last).filter(is_community_worker=True).order_by()
    is_one = Case(When(is_professional("worker__"), then=1), default=0, output_field=IntegerField())
    return at_post.annotate(numerator=is_one, denominator=_ONE).values(*_COUNTED)


def _posted(last: datetime.date) -> Rows:
    """Return where anybody had been posted by a day."""
    return Posting.objects.filter(started_on__lte=last).order_by().values("community_id", "division_id")


TRAINED = Figure(
    code="trained",
    name="培训人次",
    unit="人次",
    clause="四（三）2",
    kind=FigureKind.FLOW,
    shown=Shown.TOTAL,
    rows=_trained,
    reported=_trainings,
    parts=dict(AUDIENCES),
    list_url=_trainings_of,
    decimals=0,
)
HIRED = Figure(
    code="hired",
    name="新到岗社会工作者",
    unit="人",
    clause="四（三）1",
    kind=FigureKind.FLOW,
    shown=Shown.TOTAL,
    rows=_hired,
    reported=_posted,
    parts={way.value: str(way.label) for way in Posting.RecruitedBy} | {UNKNOWN_WAY: "没有填配备方式"},
    decimals=0,
)
HOURS_OK = Figure(
    code="hours_ok",
    name="继续教育学时达到进度的持证人员占比",
    unit="%",
    clause="四（三）2",
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_hours_ok,
    reported=_posted,
)
POSTS_FILLED = Figure(
    code="posts_filled",
    name="社工岗位到岗率",
    unit="%",
    clause="四（三）1",
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_posts_filled,
    reported=_posts_reported,
)
CONVERSION = Figure(
    code="conversion",
    name="社区工作者中专业人才占比",
    unit="%",
    clause="四（三）2",
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_conversion,
    reported=_posted,
)
