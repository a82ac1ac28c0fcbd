"""Targets as text: what a target requires, which units it judges, what is counted, and a result.

Requirements are printed in two forms, which differ on purpose:

* The plan pages and the change log print the complete requirement (`requirement_text`: ≥80%的社区达到≥1处). Nothing else on
  the page explains the clause.
* The briefing and the dashboard print the bound next to a figure whose heading already names the units
  (`bound_text`: ≥80%). Sentences spell the unit out (`amount_text`: 12,817.84平方米; docs/domain.md §7).

Names of units (`units_text`) and of the counting rule are the same everywhere.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from changzhi_portal.display import DASH, display_number
from changzhi_portal.figures import declared_figures
from changzhi_portal.indicators import CountingRule, Indicator, indicators
from changzhi_portal.percent import percent, percent_text
from changzhi_portal.phrases import plain_number
from communities.models import Community
from targets.figure_values import value_text
from targets.figures import version_name
from targets.judgement import figure_judged
from targets.models import Target, TargetResult
from targets.models.plan import TargetPlan

_PERCENT = "%"
_SPELT_UNITS = {"㎡": "平方米"}


class TargetTerms(Protocol):
    """What a target requires: a `Target`, or a target as a briefing stores it (an immutable object, so properties)."""

    @property
    def level(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def minimum_population(self) -> int | None: ...  # noqa: D102
    @property
    def urban_districts_only(self) -> bool: ...  # noqa: D102
    @property
    def per(self) -> str: ...  # noqa: D102
    @property
    def aggregate(self) -> str: ...  # noqa: D102
    @property
    def at_least(self) -> float | Decimal | None: ...  # noqa: D102
    @property
    def at_most(self) -> float | Decimal | None: ...  # noqa: D102
    @property
    def coverage_at_least(self) -> float | Decimal | None: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102


# --- Requirements ---


def requirement_text(target: Target) -> str:
    """Return the complete requirement: ≥500㎡, 2—5名, 每百户≥30㎡, 平均≥10个, 全域每百户≥30㎡, ≥80%的社区达到≥1处.

    One of a figure of divisions names the figure and whom it judges: 按时办结率≥95%（每县）. One not scored gives 仅供参考.
    """
    if not target.is_scored:
        return "仅供参考"
    if target.judges_figure:
        return f"{name_counted(target.indicator)}{bound_text(target)}（每{kind_of_units_text(target) if target.urban_districts_only else '县'}）"
    bound = f"≥{display_number(target.at_least)}{target.unit}"
    if target.at_most is not None:
        bound = f"{display_number(target.at_least)}—{display_number(target.at_most)}{target.unit}"
    per = _per_text(target)
    if target.aggregate == Target.Aggregate.MEAN:
        return f"全域{per}{bound}" if per else f"平均{bound}"
    if target.aggregate == Target.Aggregate.COVERAGE:
        return f"≥{display_number(target.coverage_at_least)}%的社区达到{per}{bound}"
    return f"{per}{bound}"


def bound_text(target: TargetTerms) -> str:
    """Return the bound beside a figure: ≥500㎡, 2—5名, ≤2%; for a mean 平均≥10个 or 每百户≥30㎡, for a coverage ≥80%."""
    if target.aggregate == Target.Aggregate.COVERAGE:
        return f"≥{_plain_or_dash(target.coverage_at_least)}%"
    if target.at_least is None and target.at_most is not None:
        return f"≤{plain_number(target.at_most)}{target.unit}"
    bound = f"≥{_plain_or_dash(target.at_least)}{target.unit}"
    if target.at_most is not None:
        bound = f"{_plain_or_dash(target.at_least)}—{plain_number(target.at_most)}{target.unit}"
    return f"{_per_text(target) or ('平均' if target.aggregate == Target.Aggregate.MEAN else '')}{bound}"


def _per_text(target: TargetTerms) -> str:
    return "" if target.per == Target.Per.WHOLE else str(Target.Per(target.per).label)


# --- Units ---


def units_text(target: TargetTerms) -> str:
    """Return the units that a target judges: 城市社区, 3000人以上的农村社区, 市辖区, 县（市、区）, 全域."""
    has_minimum = target.level == Target.Level.COMMUNITY and target.minimum_population is not None
    return (f"{display_number(target.minimum_population)}人以上的" if has_minimum else "") + kind_of_units_text(target)


def kind_of_units_text(target: TargetTerms) -> str:
    """Return the kind of units that a target judges, without their minimum population: 农村社区, 市辖区."""
    if target.level == Target.Level.COMMUNITY:
        return kind_text(target.kind)
    return "市辖区" if target.urban_districts_only else str(Target.Level(target.level).label)


def kind_text(kind: str) -> str:
    """Return the kind of communities: 城市社区, 农村社区; 社区 for both ("")."""
    return str(Community.Kind(kind).label) if kind else "社区"


# --- What is counted ---


def counting_rule_text(indicator_code: str, rule: CountingRule) -> str:
    """Return the values that an indicator counts: 登记、街道备案; empty when everything counts."""
    indicator = _indicator(indicator_code)
    if indicator is None or indicator.dimension is None:
        return ""
    chosen = rule.get(indicator.dimension.code, [])
    if set(chosen) in (set(), set(indicator.figures)):
        return ""
    return "、".join(indicator.dimension.values.get(value, value) for value in chosen)


def _indicator(code: str) -> Indicator | None:
    """Return the indicator; None if no app declares it any more."""
    return next((indicator for indicator in indicators() if indicator.code == code), None)


def indicator_text(target: Target) -> str:
    """Return what a target counts, with its counting rule: 社区社会组织数（登记、街道备案）."""
    rule = counting_rule_text(target.indicator, target.counting_rule)
    name = name_counted(target.indicator)
    return f"{name}（{rule}）" if rule else name


def name_counted(code: str) -> str:
    """Return the name of an indicator, or of a figure of divisions; its code if no app declares it any more."""
    figures = {version_name(figure.code): figure.name for figure in declared_figures()}
    indicator = _indicator(code)
    return figures.get(code, code) if indicator is None else indicator.name


# --- Results and versions ---


def result_text(result: TargetResult) -> str:
    """Return the figure of a result for a table: a mean 9.4个, a coverage or rate 76.5%; a dash if there is none.

    A rate, also that of a coverage, is computed from the counts and has one decimal.
    """
    target = result.target
    if target.aggregate == Target.Aggregate.MEAN:
        return DASH if result.value is None else f"{display_number(result.value)}{target.value_unit}"
    return percent_text(percent(result.reached, result.judged))


def own_figure_text(result: TargetResult) -> str:
    """Return the division's own figure of a target of a figure of divisions: 93.2%, 4.0天; a dash without one."""
    return value_text(figure_judged(result.target), result.value)


def version_text(plan: TargetPlan) -> str:
    """Return the number of a plan's version: 第2版."""
    return f"第{plan.version}版"


# --- Amounts in sentences ---


def _plain_or_dash(value: float | Decimal | None) -> str:
    return DASH if value is None else plain_number(value)


def spelt_unit(unit: str) -> str:
    """Return a unit as sentences spell it: ㎡ → 平方米, ㎡/百户 → 平方米/百户; other units unchanged."""
    for sign, word in _SPELT_UNITS.items():
        unit = unit.replace(sign, word)
    return unit


def number_text(value: float | Decimal, unit: str) -> str:
    """Return the number of a unit that a target judges, with its unit: 380平方米, 3家; a percentage with one decimal: 95.0%."""
    return percent_text(value) if unit == _PERCENT else amount_text(value, unit)


def amount_text(value: float | Decimal, unit: str) -> str:
    """Return a figure with its unit for a sentence: 380平方米, 3名."""
    return f"{plain_number(value)}{spelt_unit(unit)}"
