"""The judgement of domain.md §5, in one place: how a measured unit stands against a target.

Expressions over the columns of CommunityMeasure or DivisionMeasure, so that roll-ups, lists and previews of another
rule judge alike, in SQL, without a second look at the registers.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Case, CharField, DecimalField, Q, QuerySet, TextChoices, Value, When
from django.db.models.functions import Cast, Round
from django.db.models.lookups import GreaterThan, IsNull, LessThan

from changzhi_portal.errors import PortalError
from targets.indicators import indicator_named

if TYPE_CHECKING:
    from targets.models import Target

Measures = TypeVar("Measures", bound="QuerySet[Any]")


class Verdict(TextChoices):
    """How a unit stands. Met and over count as reached; unknown is never zero and never left out of the rate."""

    MET = "met", "达标"
    OVER = "over", "超出上限"
    UNMET = "unmet", "未达标"
    NOT_APPLICABLE = "not_applicable", "不适用"
    UNKNOWN = "unknown", "未知"


def judged(measures: Measures, target: Target) -> Measures:
    """`measures` with `verdict`, `value` and `missing` for `target`, which need not be saved.

    `value`: the figure in the target's unit, NULL when unknown. `missing`: what an unmet unit lacks to the lower
    bound, otherwise NULL. Raises PortalError for a target that is not scored or that nobody can judge.
    """
    if not target.is_scored or target.at_least is None:
        raise PortalError(
            f"“{target.name}”仅供参考，不参与测评。",
            cure=f"The target {target.code} is for information and not scored.",
        )
    figure = indicator_named(target.indicator).figure(target.counting_rule)
    lowest = _bound(target.at_least)
    is_below = Q(LessThan(figure, lowest))
    # In this order: a missing population makes it unknown even where the figure alone would do.
    verdicts = [
        *_verdicts_before_the_figure(target),
        When(Q(IsNull(figure, True)), then=Value(Verdict.UNKNOWN.value)),
        When(is_below, then=Value(Verdict.UNMET.value)),
    ]
    if target.at_most is not None:
        verdicts.append(When(Q(GreaterThan(figure, _bound(target.at_most))), then=Value(Verdict.OVER.value)))
    return measures.annotate(
        verdict=Case(*verdicts, default=Value(Verdict.MET.value), output_field=CharField(max_length=14)),
        value=Cast(figure, _amount()),
        missing=Case(
            *[When(when.condition, then=None) for when in _verdicts_before_the_figure(target)],
            # Rounded, because SQLite subtracts decimals as floats.
            When(is_below, then=Round(Cast(lowest - figure, _amount()), precision=2)),
            default=None,
            output_field=_amount(),
        ),
    )


def _verdicts_before_the_figure(target: Target) -> list[When]:
    if target.minimum_population is None:
        return []
    return [
        When(Q(residents__isnull=True), then=Value(Verdict.UNKNOWN.value)),
        # 以上 includes the number itself: a community of just the minimum is asked.
        When(Q(residents__lt=target.minimum_population), then=Value(Verdict.NOT_APPLICABLE.value)),
    ]


def _amount() -> DecimalField:
    return DecimalField(max_digits=14, decimal_places=2)


def _bound(number: Decimal | int) -> Value:
    return Value(Decimal(number), output_field=_amount())
