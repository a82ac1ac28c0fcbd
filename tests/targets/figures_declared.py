"""Figures of divisions for tests, made of facilities (at communities) and projects (at divisions)."""

from __future__ import annotations

from django.db.models import Count, F, Sum, Value

from changzhi_portal.figures import CountedOver, Figure, FigureKind, Shown
from communities.models import Facility
from services.models import ServiceProject

MODES = {"new": "筹资新建", "developer": "开发配建"}


def facilities_opened(first, last):
    return Facility.objects.filter(opened_on__range=(first, last))


def facilities_in_use(first, last):
    return Facility.objects.in_effect_on(last)


def projects_begun(first, last):
    return ServiceProject.objects.filter(starts_on__range=(first, last))


def facilities_known(last):
    return Facility.objects.filter(opened_on__lte=last).values("community_id")


def projects_known(last):
    return ServiceProject.objects.filter(starts_on__lte=last).values("division_id")


def everything_known(last):
    return facilities_known(last), projects_known(last)


def areas(rows):
    return rows.values("community_id").annotate(numerator=Sum("area"), denominator=Count("pk"))


def number(rows):
    return rows.values("community_id").annotate(numerator=Count("pk"))


def figure(code, shown, rows, reported=facilities_known, *, kind=FigureKind.STOCK, **values):
    """Return a figure; what a test does not care about is filled in."""
    return Figure(
        **{
            "code": code,
            "name": f"指标{code}",
            "unit": "㎡",
            "clause": "四（一）2",
            "kind": kind,
            "shown": shown,
            "rows": rows,
            "reported": reported,
            **values,
        }
    )


AREA_OPENED = figure(
    "area_opened",
    Shown.TOTAL,
    lambda first, last: (
        facilities_opened(first, last)
        .values("community_id", part=F("construction_mode"))
        .annotate(numerator=Sum("area"))
    ),
    kind=FigureKind.FLOW,
    parts=MODES,
    decimals=2,
)
MONEY_AND_AREA = figure(
    "money_and_area",
    Shown.TOTAL,
    lambda first, last: (
        facilities_opened(first, last).values("community_id", numerator=F("area")),
        projects_begun(first, last).values("division_id").annotate(numerator=Sum("budget")),
    ),
    everything_known,
    kind=FigureKind.FLOW,
)
MEAN_AREA = figure(
    "mean_area", Shown.MEAN, lambda first, last: areas(facilities_in_use(first, last)), scored_only=True, decimals=2
)
COVERED = figure(
    "covered",
    Shown.RATE,
    lambda first, last: number(facilities_in_use(first, last)),
    over=CountedOver.COMMUNITIES,
    unit="%",
)
COVERED_THIS_YEAR = figure(
    "covered_this_year",
    Shown.RATE,
    lambda first, last: number(facilities_opened(first, last)),
    over=CountedOver.COMMUNITIES,
    kind=FigureKind.FLOW,
    unit="%",
)
AREA_A_COMMUNITY = figure(
    "area_a_community",
    Shown.MEAN,
    lambda first, last: areas(facilities_in_use(first, last)),
    over=CountedOver.COMMUNITIES,
    decimals=2,
)
TOWNS_WITH_ONE = figure(
    "towns_with_one",
    Shown.RATE,
    lambda first, last: number(facilities_in_use(first, last)),
    over=CountedOver.TOWNS,
    unit="%",
)
COUNTIES_WITH_ONE = figure(
    "counties_with_one",
    Shown.RATE,
    lambda first, last: (
        number(facilities_in_use(first, last)),
        projects_begun(first.replace(year=2000), last).values("division_id", numerator=Value(1)),
    ),
    everything_known,
    over=CountedOver.COUNTIES,
    unit="%",
)
APPLYING = figure(
    "applying",
    Shown.TOTAL,
    lambda first, last: projects_begun(first.replace(year=2000), last).values("division_id", numerator=F("budget")),
    projects_known,
    applies_below=True,
)
MONEY_A_COMMUNITY = figure(
    "money_a_community",
    Shown.MEAN,
    lambda first, last: projects_begun(first.replace(year=2000), last).values("division_id", numerator=F("budget")),
    projects_known,
    over=CountedOver.COMMUNITIES,
    applies_below=True,
    unit="元",
    decimals=2,
)
EVERY = (
    *(AREA_OPENED, MONEY_AND_AREA, MEAN_AREA, COVERED, COVERED_THIS_YEAR, AREA_A_COMMUNITY),
    *(TOWNS_WITH_ONE, COUNTIES_WITH_ONE, APPLYING, MONEY_A_COMMUNITY),
)
