"""Figures of windows [四（一）3]: 多门→一门, 专科→全科 (docs/domain.md §5.12, §16.4).

A route counts where its division lies: one of the city in the city's figure alone. Whether routes and items are paused is known as it
is now; when they began and ended by their days.
"""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Value, When
from django.urls import reverse

from affairs.models import ItemRoute
from changzhi_portal.figures import Figure, FigureKind, Rows, Shown
from communities.models import Division, ServicePoint

_CLAUSE = "四（一）3"
_ONE = Value(1)


def _one_window(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a route in use on the last day: 1 of 1 where the department works at the common window, else 0 of 1."""
    rows = ItemRoute.objects.in_use_on(last).order_by()
    counted = rows.annotate(numerator=Case(When(is_entered=True, then=1), default=0), denominator=_ONE)
    return counted.values("division_id", "numerator", "denominator")


def _any_route(last: datetime.date) -> Rows:
    """Return where any route had begun by a day."""
    return ItemRoute.objects.filter(valid_from__lte=last).order_by().values("division_id")


def _all_round(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a point in use that has windows: 1 of 1 where each accepts every matter, else 0 of 1."""
    rows = ServicePoint.objects.in_effect_on(last).filter(windows__gte=1).order_by()
    counted = rows.annotate(numerator=Case(When(accepts_all=True, then=1), default=0), denominator=_ONE)
    return counted.values("community_id", "division_id", "numerator", "denominator")


def _any_point(last: datetime.date) -> Rows:
    """Return where any point had opened by a day."""
    return ServicePoint.objects.filter(opened_on__lte=last).order_by().values("community_id", "division_id")


def _routes_list(division: Any, period: Any) -> str:
    """Return the address of the routes that were in use at the end of a month."""
    place: dict[str, str] = {}
    if division.level == Division.Level.TOWN:
        place = {"county": division.parent.code, "town": division.code}
    elif division.level == Division.Level.COUNTY:
        place = {"county": division.code}
    return f"{reverse('affairs:routes')}?{urlencode({'on_day': period.as_of.isoformat(), **place})}"


ONE_WINDOW = Figure(
    code="one_window",
    name="进驻综合窗口的事项占比",
    unit="%",
    clause=_CLAUSE,
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_one_window,
    reported=_any_route,
    list_url=_routes_list,
)
ALL_ROUND = Figure(
    code="all_round",
    name="全科受理的服务站点占比",
    unit="%",
    clause=_CLAUSE,
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_all_round,
    reported=_any_point,
)
