"""A month's results as other programs read them: city and counties, as plain JSON values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from periods.models import ReportingPeriod
from targets.models import Computation, DivisionMeasure, TargetResult

Figures = dict[str, dict[str, dict[str, Any]]]


def results_for_json(period: ReportingPeriod) -> Figures:
    """By target code and by the 6-digit code of the city and each county of that month: the counts, rate and gap.

    Targets in the plan's order, the city before its counties. A target for information has the workers and
    professionals counted instead, null where they are unknown. Empty for a month that was never measured.
    """
    computation = Computation.objects.filter(period=period).select_related("plan").first()
    if computation is None:
        return {}
    figures: Figures = {target.code: {} for target in computation.plan.targets.order_by("position")}
    for result in TargetResult.objects.for_period(period).reporting():
        figures[result.target.code][result.division.code] = _scored(result)
    for target in computation.plan.targets.filter(is_scored=False):
        for measure in DivisionMeasure.objects.for_period(period).reporting().with_workforce():
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
    }


def _number(value: Decimal) -> int | float:
    """12817.84 as it is, 331.00 as 331."""
    return int(value) if value == value.to_integral_value() else float(value)
