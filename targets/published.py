"""A month's results of city and counties as plain JSON values, for commands and other programs."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from periods.models import ReportingPeriod
from targets.current_boundaries import measures_in_current_boundaries, results_in_current_boundaries
from targets.models import Computation, DivisionMeasure, TargetResult

Figures = dict[str, dict[str, dict[str, Any]]]


def results_for_json(period: ReportingPeriod, *, current_boundaries: bool = False) -> Figures:
    """Return counts, rate and gap by target code and by the 6-digit code of the city and each county of that month.

    Targets are in the plan's order, the city before its counties. A target for a mean or a coverage also has `value` and
    `verdict` (see TargetResult); for a mean the counts are of the division itself, 0 or 1. A target that is not scored
    has `workers` and `professionals` instead, null where they are unknown. Empty for a month that was never measured.
    With `current_boundaries`, results are for the city and each county of today (see `targets.current_boundaries`).
    """
    computation = Computation.objects.filter(period=period).select_related("plan").first()
    if computation is None:
        return {}
    figures: Figures = {target.code: {} for target in computation.plan.targets.order_by("position")}
    of_month = TargetResult.objects.for_period(period).reporting()
    for result in results_in_current_boundaries(period) if current_boundaries else of_month:
        figures[result.target.code][result.division.code] = _scored(result)
    counted = DivisionMeasure.objects.for_period(period).reporting().with_workforce()
    # Both are annotated with `professionals`.
    measures: Iterable[Any] = measures_in_current_boundaries(period) if current_boundaries else counted
    for target in computation.plan.targets.filter(is_scored=False):
        for measure in measures:
            figures[target.code][measure.division.code] = {
                "workers": measure.workers,
                "professionals": measure.professionals,
                "scored": False,
            }
    return figures


def _scored(result: TargetResult) -> dict[str, Any]:
    return {
        "judged": result.judged,
        "met": result.met,
        "over": result.over,
        "unmet": result.unmet,
        "not_applicable": result.not_applicable,
        "unknown": result.unknown,
        "rate": None if result.rate is None else float(result.rate),
        "gap": _number(result.gap),
        **_overall(result),
    }


def _overall(result: TargetResult) -> dict[str, Any]:
    if not result.verdict:
        return {}
    return {"value": None if result.value is None else _number(result.value), "verdict": result.verdict}


def _number(value: Decimal) -> int | float:
    """Return a whole number as int (331.00 → 331), others as float."""
    return int(value) if value == value.to_integral_value() else float(value)
