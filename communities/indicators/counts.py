"""Figures of the monthly counts of communities: their mean, and the change on last December [四（一）4; 四（二）2].

A mean counts the communities that have the numbers of the month, a change those that have them of both months; how many
those are stands in the denominator of the mean. Where a figure adds two counts, a community with one of them is left out.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

from django.db.models import Count, F, Q, QuerySet, Sum, Value

from changzhi_portal.figures import Figure, FigureKind, Rows, Shown
from communities.models import MonthlyCount

Kind = MonthlyCount.Kind


def last_december(month: datetime.date) -> datetime.date:
    """Return the first day of the December before a month's year, with which the month is compared."""
    return datetime.date(month.year - 1, 12, 1)


def _known(kinds: Sequence[str]) -> QuerySet:
    known = MonthlyCount.objects.filter(kind__in=kinds, number__isnull=False).order_by()
    return known.values(community_id=F("report__community_id"))


def _in_reports(kinds: Sequence[str]) -> Callable[[datetime.date, datetime.date], Rows]:
    """Return the rows of a mean: the sum of these counts in each report of the days that has all of them.

    Of the month each community has one; since 1 January each has one for every month that it reported, so that what
    happened in the year is a mean of reports too.
    """

    def rows(first: datetime.date, last: datetime.date) -> Rows:
        of_days = _known(kinds).filter(report__month__range=(first.replace(day=1), last))
        reports = of_days.values("report_id", "community_id")
        counted = reports.annotate(given=Count("pk"), numerator=Sum("number")).filter(given=len(kinds))
        return counted.annotate(denominator=Value(1)).values("community_id", "numerator", "denominator")

    return rows


def _since_december(kinds: Sequence[str]) -> Callable[[datetime.date, datetime.date], Rows]:
    """Return the rows of a change: the sums now and last December of each community that has both."""

    def rows(first: datetime.date, last: datetime.date) -> Rows:
        month, december = last.replace(day=1), last_december(last)
        now, then = Q(report__month=month), Q(report__month=december)
        counted = (
            _known(kinds)
            .filter(now | then)
            .annotate(
                given_now=Count("pk", filter=now),
                given_then=Count("pk", filter=then),
                numerator=Sum("number", filter=now),
                denominator=Sum("number", filter=then),
            )
        )
        both = counted.filter(given_now=len(kinds), given_then=len(kinds))
        return both.values("community_id", "numerator", "denominator")

    return rows


def _reported(kinds: Sequence[str]) -> Callable[[datetime.date], Rows]:
    """Return the communities that have ever had one of these counts by a day."""

    def rows(last: datetime.date) -> Rows:
        return _known(kinds).filter(report__month__lte=last).values("community_id")

    return rows


def _mean(
    code: str, name: str, unit: str, *kinds: str, clause: str = "四（一）4", fewer_is_better: bool = True
) -> Figure:
    """Return the figure of the mean of some counts, added up, in communities that have them."""
    return Figure(
        code=code,
        name=name,
        unit=unit,
        clause=clause,
        kind=FigureKind.STOCK if kinds[0] in MonthlyCount.STOCKS else FigureKind.FLOW,
        shown=Shown.MEAN,
        rows=_in_reports(kinds),
        reported=_reported(kinds),
        scored_only=True,
        fewer_is_better=fewer_is_better,
        version=2,
    )


def _change(code: str, name: str, *kinds: str) -> Figure:
    """Return the figure of the change of some counts on last December."""
    return Figure(
        code=code,
        name=name,
        unit="%",
        clause="四（一）4",
        kind=FigureKind.STOCK,
        shown=Shown.CHANGE,
        rows=_since_december(kinds),
        reported=_reported(kinds),
        scored_only=True,
        fewer_is_better=True,
    )


_SIGNS = (Kind.SIGNS_OUTSIDE.value, Kind.SIGNS_INSIDE.value)

SIGNS = _mean("signs", "平均每个社区的牌子", "块", *_SIGNS)
SIGNS_CHANGE = _change("signs_change", "牌子比上年12月增减", *_SIGNS)
LEDGERS = _mean("ledgers", "平均每个社区的台账报表", "种", Kind.LEDGERS.value)
LEDGERS_CHANGE = _change("ledgers_change", "台账报表比上年12月增减", Kind.LEDGERS.value)
MEETINGS = _mean("meetings", "平均每个社区参加的会议", "次", Kind.MEETINGS.value)
MEETINGS_CHANGE = _change("meetings_change", "参加会议比上年12月增减", Kind.MEETINGS.value)
INSPECTIONS = _mean("inspections", "平均每个社区接受的检查考评", "次", Kind.INSPECTIONS.value)
INSPECTIONS_CHANGE = _change("inspections_change", "检查考评比上年12月增减", Kind.INSPECTIONS.value)
CERTIFICATES = _mean("certificates", "平均每个社区出具的证明", "件", Kind.CERTIFICATES.value)
CERTIFICATES_CHANGE = _change("certificates_change", "出具证明比上年12月增减", Kind.CERTIFICATES.value)
LEADERS = _mean(
    "leaders", "平均每个社区的居民骨干", "人", Kind.LEADERS.value, clause="四（二）2", fewer_is_better=False
)
