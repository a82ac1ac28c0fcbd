"""Single values in the written Chinese of official documents (docs/domain.md §7.4): 较上月提高1.3个百分点, 9.4个."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from changzhi_portal.display import DASH, UNCHANGED, display_change
from changzhi_portal.percent import percent_text, points_text
from changzhi_portal.phrases import plain_number
from reports.ranking import MOST_NAMED
from reports.stored_figures import Progress, TargetFigures
from targets.wording import spelt_unit

NOT_KNOWN = DASH
_NAMED_WITHOUT_COUNT = 2
_OF_A_RATE, _OF_A_MEAN = Decimal("0.1"), Decimal("0.01")  # steps of what is printed


# --- Single values ---


def change_cell(progress: Progress, change: float | None) -> str:
    """Return one of the changes of `progress` for a table: +1.3, −0.4, 持平; a dash when the other month is unknown.

    Percentage points have one decimal, means two, as the figures themselves.
    """
    return display_change(change, decimals=2 if progress.change_unit else 1)


def change_on_last_month(change: float | None, unit: str = "", last: str = "上月") -> str:
    """Return 较上月提高1.3个百分点 / 较上月下降0.4个百分点 / 与上月持平; "" without a last month.

    `unit` is that of a mean, and replaces percentage points; `last` is 上季度末, 上年末 for a quarter, a year.
    """
    return _change(change, unit, f"较{last}", f"与{last}{UNCHANGED}")


def change_on_year_before(change: float | None, unit: str = "") -> str:
    """Return 同比提高1.3个百分点 / 同比下降0.4个百分点 / 同比持平; "" without that month."""
    return _change(change, unit, "同比", f"同比{UNCHANGED}")


def _change(change: float | None, unit: str, since: str, unchanged: str) -> str:
    if change is None:
        return ""
    exact = Decimal(str(change))
    rounded = exact.quantize(_OF_A_MEAN if unit else _OF_A_RATE, ROUND_HALF_UP)
    if not rounded:  # also one that would be printed as 0个百分点
        return unchanged
    amount_changed = f"{plain_number(abs(rounded))}{spelt_unit(unit)}" if unit else points_text(abs(rounded))
    return f"{since}{'提高' if rounded > 0 else '下降'}{amount_changed}"


def named(names: Sequence[str], units: str) -> str:
    """Return 襄垣县、沁县 / 城区、郊区、沁县等3个县（市、区） / 12个县（市、区）: more than five are only counted."""
    if len(names) > MOST_NAMED:
        return f"{len(names)}个{units}"
    return "、".join(names) + (f"等{len(names)}个{units}" if len(names) > _NAMED_WITHOUT_COUNT else "")


# --- What a target requires ---


def clause_in_words(clause: str) -> str:
    """Return the clause of a target: 三 → 文件第三部分, 四（三）3 → 文件第四部分（三）3."""
    return f"文件第{clause[0]}部分{clause[1:]}"


def figure_in_words(target: TargetFigures) -> str:
    """Return the figure of a target: 62.7% of the units, or a mean: 9.4个, 31.2平方米/百户; a dash without one."""
    if not target.is_mean:
        return percent_text(target.percent)
    return NOT_KNOWN if target.value is None else f"{plain_number(target.value)}{spelt_unit(target.value_unit)}"
