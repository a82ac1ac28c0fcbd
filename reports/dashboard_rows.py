"""The figures of the dashboard's charts and tables, one row for each division or month, as they are printed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from changzhi_portal.display import display_number
from changzhi_portal.percent import percent, percent_text, printed_percentage
from changzhi_portal.phrases import plain_number
from reports import words
from reports.standing import standing_of, standing_of_number
from targets.judgement import Verdict
from targets.models import Target, TargetResult
from targets.series import Trend


def percentage_of(result: TargetResult) -> Decimal | None:
    """Return the rate in percent with one decimal, computed from the counts."""
    return percent(result.reached, result.judged)


def as_printed(movement: Trend, figure: Fraction | None) -> str:
    """Return 62.7%, or the mean with its unit; a dash for a month without a figure."""
    if figure is None:
        return words.NOT_KNOWN
    number = Decimal(figure.numerator) / figure.denominator
    if movement.is_mean:
        return f"{plain_number(number)}{movement.target.value_unit}"
    return percent_text(printed_percentage(figure))


def rate_row(result: TargetResult, url: str) -> dict[str, Any]:
    """Return the bar or tile of a division's rate; `url` is where its name leads."""
    percentage = percentage_of(result)
    counts = f"（{display_number(result.reached)}/{display_number(result.judged)}）"
    return {
        "code": result.division.code,
        "name": result.division.name,
        "percent": percentage,
        "label": "没有参评单位" if percentage is None else f"{percent_text(percentage)}{counts}",
        "url": url,
        "standing": standing_of(result),
    }


def number_label(number: Decimal, target: Target) -> str:
    """Return the number of one unit with its unit: 4家; a percentage with one decimal, as the portal prints them: 95.0%."""
    return percent_text(number) if target.value_unit == "%" else f"{plain_number(number)}{target.value_unit}"


def amount_row(measure: Any, target: Target, url: str) -> dict[str, Any]:
    """Return the bar of a number: of `measure` (a result, or a measure judged by the target); `url` as of a rate."""
    label = "未填报" if measure.value is None else number_label(measure.value, target)
    if measure.value is None and measure.verdict == Verdict.NOT_APPLICABLE:
        label = "没有可以计算的数"
    return {
        "name": measure.division.name,
        "value": measure.value,
        "label": label,
        "url": url,
        "standing": standing_of_number(target, measure.value),
    }
