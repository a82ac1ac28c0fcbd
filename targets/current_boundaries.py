"""A month as it is now (按现行区划): its own figures, added up for the divisions that stand today (docs/domain.md §3).

As it was then is what is stored. As it is now is read from the same measures, locked ones too, so that nothing of the
past is computed again:

* where communities are judged, each keeps the verdict of the month and counts where it lies today;
* where counties are judged, the counties of today are, by what their parts had together in that month. So 上党区 is
  asked for agencies in months in which 长治县 was not, and the city's number of counties judged may differ from then.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.utils import timezone

from changzhi_portal.indicators import indicator_named
from communities.models import Community, Division
from periods.models import ReportingPeriod
from targets.engine.current_boundaries import (
    CURRENT_BOUNDARIES,
    current_boundaries_measures,
    figure_columns,
    read_current_boundaries,
)
from targets.engine.map_of_day import map_of
from targets.engine.results import results_under
from targets.engine.sql import Sql, compile_queryset, fetch_all, quote_name, select_columns, select_from
from targets.figures import JSON_COLUMN, figure_of
from targets.models import Computation, DivisionMeasure, Target, TargetResult
from targets.models.measure import REPORTING_LEVELS, CommunityMeasureQuerySet


def is_of_another_map(period: ReportingPeriod) -> bool:
    """Whether divisions of that month do not stand any more, so that then and now differ."""
    return DivisionMeasure.objects.for_period(period).filter(division__valid_to__isnull=False).exists()


def results_in_current_boundaries(
    period: ReportingPeriod,
    *,
    user: Any = None,
    levels: Collection[str] = REPORTING_LEVELS,
    day: datetime.date | None = None,
) -> list[TargetResult]:
    """Every scored target's results of the month for today's divisions of `levels`, or for those of another `day`.

    Not saved, in the plan's order; targets as the month was judged by; the city before its counties, those before towns.
    With `user`, only divisions that the user may see. Empty for a month that was never measured.
    """
    computation = Computation.objects.filter(period=period).select_related("plan").first()
    if computation is None:
        return []
    targets = list(computation.plan.targets.filter(is_scored=True).select_related("plan").order_by("position"))
    found = results_under(period, targets, levels=levels, on_map_of=day or timezone.localdate())
    if user is None:
        return found
    seen = set(Division.objects.visible_to(user).values_list("pk", flat=True))
    return [result for result in found if result.division_id in seen]


def communities_in_current_boundaries(
    measures: CommunityMeasureQuerySet, division: Division
) -> CommunityMeasureQuerySet:
    """Those of the measured communities that lie in a division today, with their place of today loaded."""
    inside = measures.filter(Community.in_subtree(division.path, prefix="community"))
    return inside.select_related("community__town__parent")


def counties_judged_in_current_boundaries(
    period: ReportingPeriod, target: Target, *, user: Any
) -> list[DivisionMeasure]:
    """For a target of whole counties: today's ones that the user may see, with `verdict`, `value` and `missing`, by code."""
    names = ("division_id", "verdict", "value", "missing")
    judged = compile_queryset(DivisionMeasure.objects.order_by().for_period(period).judged_by(target).values(*names))
    rows = select_columns(names, read_current_boundaries(judged))
    statement = select_from(
        named=[*map_of(timezone.localdate()), *current_boundaries_measures(period)],
        columns=[Sql(name) for name in names],
        rows=Sql(f"({rows.text}) AS judged_now", rows.params),
    )
    found = {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in fetch_all(statement)}
    measures = []
    for division in Division.objects.visible_to(user).filter(pk__in=found).order_by("code"):
        measure = DivisionMeasure(period=period, division=division)
        for name, value in found[division.pk].items():
            is_number = name != "verdict" and value is not None
            setattr(measure, name, Decimal(str(value)) if is_number else value)
        measures.append(measure)
    return measures


def measures_in_current_boundaries(period: ReportingPeriod) -> list[DivisionMeasure]:
    """Return what the month counted for the city and for today's counties, not saved, by code; the city first.

    With `professionals` added up beside `workers`; both are None when unknown.
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


def _measure(period: ReportingPeriod, row: dict[str, Any]) -> DivisionMeasure:
    # Read without Django's fields, a JSON column is text.
    figures = json.loads(row.pop(JSON_COLUMN))
    return DivisionMeasure(period=period, figures=figures, **row)
