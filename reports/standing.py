"""How a division stands against a target, in one word and one colour: 达标, 接近, 有差距, 差距大.

The word compares the figure with the target's goal: 100 % of the units, the required share, or the required mean. It is
a reading aid of pages; judgements (达标, 未达标) are those of single units (docs/domain.md §5).
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from django.db.models import TextChoices

from targets.models import Target, TargetResult
from targets.series import goal_of

NEAR_FROM, SHORT_FROM = Fraction(8, 10), Fraction(5, 10)  # of the goal; said as 八成, 五成 in LEGEND


class Standing(TextChoices):
    """The word; its value is the class of its colour (static/portal/dashboard.css)."""

    REACHED = "reached", "达标"
    NEAR = "near", "接近"
    SHORT = "short", "有差距"
    FAR = "far", "差距大"
    UNKNOWN = "unknown", "无数据"


class LegendLine(NamedTuple):
    """A word with what it means."""

    standing: Standing
    meaning: str


LEGEND = (
    LegendLine(Standing.REACHED, "达到目标"),
    LegendLine(Standing.NEAR, "达到目标的八成以上"),
    LegendLine(Standing.SHORT, "五成以上、不到八成"),
    LegendLine(Standing.FAR, "不到五成"),
    LegendLine(Standing.UNKNOWN, "没有参评单位，或者没有填报"),
)


def standing_against(goal: Fraction | Decimal | float, figure: Fraction | Decimal | float | None) -> Standing:
    """Return the word for a figure against its goal, both in the same unit; no figure is UNKNOWN, never far."""
    if figure is None:
        return Standing.UNKNOWN
    exact, asked = Fraction(figure), Fraction(goal)
    if exact >= asked:
        return Standing.REACHED
    if exact >= asked * NEAR_FROM:
        return Standing.NEAR
    return Standing.SHORT if exact >= asked * SHORT_FROM else Standing.FAR


def standing_of_number(target: Target, number: Fraction | Decimal | float | None) -> Standing:
    """Return the word for the number of one unit against its target's lower bound.

    A figure of divisions is also compared with the upper bound, the other way round: twice what is allowed is five tenths.
    """
    if not target.judges_figure or number is None:
        return standing_against(target.at_least or 0, number)
    exact = Fraction(number)
    if target.at_most is not None and exact > target.at_most:
        # Above 0 where nothing is allowed, there is no share of the goal.
        return standing_against(exact, target.at_most) if target.at_most else Standing.FAR
    return standing_against(target.at_least or 0, exact)


def standing_of(result: TargetResult) -> Standing:
    """Return the word for a result, computed from its counts, or from the mean of a target for a mean."""
    target = result.target
    if target.aggregate == Target.Aggregate.MEAN:
        return standing_against(goal_of(target), result.value)
    share = Fraction(100 * result.reached, result.judged) if result.judged else None
    return standing_against(goal_of(target), share)
