"""A month's figures added up for the divisions of today (按现行区划; docs/domain.md §3).

The stored results are those of the month's own divisions. The results for today's divisions are computed from the same
measures, including those of locked months; nothing is measured again:

* a target for communities keeps the verdict of each community and counts it in the division where it lies today;
* a target for counties judges the counties of today by the sums of their parts in that month, a figure of divisions by
  the sums of its numerators and denominators. So 上党区 is judged for
  agencies in months in which 长治县 was not, and the number of counties judged may differ from the stored one.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.utils import timezone

from changzhi_portal.indicators import indicator_named
from changzhi_portal.rights import Actor, Viewer
from communities.models import Community, Division
from periods.models import ReportingPeriod
from targets.engine.current_boundaries import (
    CURRENT_BOUNDARIES,
    current_boundaries_measures,
    figure_columns,
    figures_on_map,
    printed_on_map,
    read_current_boundaries,
)
from targets.engine.map_of_day import map_of
from targets.engine.results import results_under
from targets.engine.sql import Sql, compile_queryset, fetch_all, quote_name, select_columns, select_from
from targets.figures import JSON_COLUMN, figure_of
from targets.judgement import annotate_judgement
from targets.models import Computation, DivisionMeasure, FigureResult, Target, TargetResult
from targets.models.measure import REPORTING_LEVELS, CommunityMeasureQuerySet


def is_of_another_map(period: ReportingPeriod) -> bool:
    """Return whether any division of that month has ended, so that the results for today's divisions differ."""
    return DivisionMeasure.objects.for_period(period).filter(division__valid_to__isnull=False).exists()


def results_in_current_boundaries(
    period: ReportingPeriod,
    *,
    user: Viewer = None,
    levels: Collection[str] = REPORTING_LEVELS,
    day: datetime.date | None = None,
) -> list[TargetResult]:
    """Return the results of every scored target for the divisions of `levels` on `day`, by default today.

    The results are not saved. They are ordered by the plan's targets, then city, counties, towns. The plan is the one
    that the month was judged by. With `user`, only divisions that the user may see. Empty for a month that was never
    measured.
    """
    computation = Computation.objects.filter(period=period).select_related("plan").first()
    if computation is None:
        return []
    targets = list(computation.plan.targets.filter(is_scored=True).select_related("plan").order_by("position"))
    results = results_under(period, targets, levels=levels, on_map_of=day or timezone.localdate())
    if user is None:
        return results
    visible = set(Division.objects.visible_to(user).values_list("pk", flat=True))
    return [result for result in results if result.division_id in visible]


def communities_in_current_boundaries(
    measures: CommunityMeasureQuerySet, division: Division
) -> CommunityMeasureQuerySet:
    """Filter measures for communities that lie in a division today; load their town and county of today."""
    inside = measures.filter(Community.in_subtree(division.path, prefix="community"))
    return inside.select_related("community__town__parent")


def counties_judged_in_current_boundaries(
    period: ReportingPeriod, target: Target, *, user: Actor
) -> list[DivisionMeasure]:
    """Return today's counties judged by a target for counties, as measures with `verdict`, `value` and `missing`.

    Ordered by code; only counties that the user may see. The measures are not saved.
    """
    names = ("division_id", "verdict", "value", "missing")
    printed = printed_on_map(period, target, timezone.localdate())
    measures_of_month = DivisionMeasure.objects.order_by().for_period(period).subject_to(target)
    judged = compile_queryset(annotate_judgement(measures_of_month, target, printed).values(*names))
    rows = select_columns(names, read_current_boundaries(judged))
    statement = select_from(
        named=[*map_of(timezone.localdate()), *current_boundaries_measures(period)],
        columns=[Sql(name) for name in names],
        rows=Sql(f"({rows.text}) AS judged_now", rows.params),
    )
    values_by_division = {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in fetch_all(statement)}
    measures = []
    for division in Division.objects.visible_to(user).filter(pk__in=values_by_division).order_by("code"):
        measure = DivisionMeasure(period=period, division=division)
        for name, value in values_by_division[division.pk].items():
            is_number = name != "verdict" and value is not None
            setattr(measure, name, Decimal(str(value)) if is_number else value)
        measures.append(measure)
    return measures


def measures_in_current_boundaries(period: ReportingPeriod) -> list[DivisionMeasure]:
    """Return the month's measures of the city, then of today's counties by code; the latter are not saved.

    Each has `professionals`, the sum of its levels, next to `workers`; both are None when unknown.
    """
    names = ("division_id", *figure_columns())
    named = [*map_of(timezone.localdate()), *current_boundaries_measures(period)]
    rows = fetch_all(
        select_from(named=named, columns=[Sql(quote_name(name)) for name in names], rows=Sql(CURRENT_BOUNDARIES))
    )
    measures = [_measure(period, dict(zip(names, row, strict=True))) for row in rows]
    divisions = Division.objects.select_related("parent").in_bulk([measure.division_id for measure in measures])
    professionals = indicator_named("professionals").figures_counted({})
    for measure in measures:
        measure.division = divisions[measure.division_id]
        levels = [figure_of(measure, name) for name in professionals]
        measure.professionals = None if None in levels else sum(levels)  # type: ignore[attr-defined]
    of_city = DivisionMeasure.objects.for_period(period).filter(division__level=Division.Level.CITY)
    return [*of_city.with_workforce(), *sorted(measures, key=lambda measure: measure.division.code)]


def figures_in_current_boundaries(period: ReportingPeriod, *, user: Viewer) -> list[FigureResult]:
    """Return the month's figures of divisions, added up for today's city, counties and towns that the user may see.

    The rows are not saved; `division` is set. A figure whose rows apply below a division is left out where several
    divisions became one. Two queries.
    """
    rows = figures_on_map(period, timezone.localdate())
    visible = Division.objects.visible_to(user).select_related("parent").in_bulk({row.division_id for row in rows})
    figures = [row for row in rows if row.division_id in visible]
    for figure in figures:
        figure.division = visible[figure.division_id]
    return figures


def _measure(period: ReportingPeriod, row: dict[str, Any]) -> DivisionMeasure:
    # Raw SQL returns the JSON column as text.
    figures = json.loads(row.pop(JSON_COLUMN))
    return DivisionMeasure(period=period, figures=figures, **row)
