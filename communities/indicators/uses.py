"""Figures of what facilities are for and how they came about: the five centres, one room for several ends [四（一）2]."""

from __future__ import annotations

import datetime

from django.db.models import Case, Count, F, IntegerField, Max, Q, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Round

from changzhi_portal.figures import CountedOver, Figure, FigureKind, Rows, Shown
from communities.models import Facility, community_on
from communities.models.facility import FacilityQuerySet

_FUNCTIONS = tuple(Facility.Function.values)
UNKNOWN_MODE = "unknown"  # the part of facilities that do not say how they came about


def _where_it_was(facilities: FacilityQuerySet, day: datetime.date) -> FacilityQuerySet:
    """Return facilities grouped by the community that each counted for on a day (ADR 0021), as `community_id`."""
    at = facilities.annotate(at=community_on(Facility, day)).order_by()
    grouped: FacilityQuerySet = at.values("at").annotate(community_id=F("at"))
    return grouped


def _number_of_functions() -> Combinable:
    """Return how many functions a facility has, of rows `with_functions`."""
    number: Combinable = Value(0)
    for code in _FUNCTIONS:
        number = number + F(f"serves_{code}")
    return number


def _five_functions(first: datetime.date, last: datetime.date) -> Rows:
    """Return the communities whose facilities in use have all five functions together."""
    in_use = Facility.objects.in_effect_on(last).with_functions()
    grouped = _where_it_was(in_use, last).annotate(**{f"any_{code}": Max(f"serves_{code}") for code in _FUNCTIONS})
    whole = grouped.filter(**{f"any_{code}": 1 for code in _FUNCTIONS})
    return whole.annotate(numerator=Value(1)).values("community_id", "numerator")


def _multi_use(first: datetime.date, last: datetime.date) -> Rows:
    """Return the facilities in use with two functions or more among those with one or more."""
    in_use = Facility.objects.in_effect_on(last).with_functions().annotate(functions_held=_number_of_functions())
    grouped = _where_it_was(in_use.filter(functions_held__gte=1), last)
    counted = grouped.annotate(numerator=Count("pk", filter=Q(functions_held__gte=2)), denominator=Count("pk"))
    return counted.values("community_id", "numerator", "denominator")


def _covered(first: datetime.date, last: datetime.date) -> Rows:
    """Return the communities with a 综合服务设施 in use."""
    in_use = Facility.objects.in_effect_on(last).filter(kind=Facility.Kind.INTEGRATED)
    return _where_it_was(in_use, last).annotate(numerator=Max(Value(1))).values("community_id", "numerator")


def _opened(first: datetime.date, last: datetime.date) -> Rows:
    """Return the area of the facilities that were opened from `first` to `last`, by how they came about."""
    part = Case(When(construction_mode="", then=Value(UNKNOWN_MODE)), default=F("construction_mode"))
    opened = Facility.objects.filter(opened_on__gte=first, opened_on__lte=last).annotate(
        at=community_on(Facility, last), part=part
    )
    grouped = opened.order_by().values("at", "part").annotate(community_id=F("at"))
    # SQLite adds decimals as floats.
    summed = grouped.annotate(numerator=Round(Sum("area"), precision=2), denominator=Value(0, IntegerField()))
    return summed.values("community_id", "part", "numerator", "denominator")


def _reported(last: datetime.date) -> Rows:
    """Return the communities with any facility by a day."""
    return Facility.objects.filter(opened_on__lte=last).order_by().values("community_id")


FIVE_FUNCTIONS = Figure(
    code="five_functions",
    name="五项功能齐全的社区占比",
    unit="%",
    clause="四（一）2",
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_five_functions,
    reported=_reported,
    over=CountedOver.COMMUNITIES,
)
MULTI_USE = Figure(
    code="multi_use",
    name="一室多用的设施占比",
    unit="%",
    clause="四（一）2",
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_multi_use,
    reported=_reported,
)
FACILITY_COVER = Figure(
    code="facility_cover",
    name="有综合服务设施的社区占比",
    unit="%",
    clause="四（一）2",
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_covered,
    reported=_reported,
    over=CountedOver.COMMUNITIES,
)
AREA_OPENED = Figure(
    code="area_opened",
    name="新启用的设施面积",
    unit="㎡",
    clause="四（一）2",
    kind=FigureKind.FLOW,
    shown=Shown.TOTAL,
    rows=_opened,
    reported=_reported,
    parts={mode.value: str(mode.label) for mode in Facility.ConstructionMode} | {UNKNOWN_MODE: "没有填建设方式"},
    decimals=2,
)
