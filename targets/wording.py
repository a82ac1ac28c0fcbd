"""Targets in words, as pages and the change log show them: what is asked, of whom, and what is counted."""

from __future__ import annotations

from decimal import Decimal

from changzhi_portal.indicators import CountingRule, Indicator, indicators
from changzhi_portal.percent import percent
from communities.models import Community
from targets.models import Target, TargetResult
from targets.models.plan import TargetPlan


def number_text(number: Decimal | int | None) -> str:
    """500, 0.5; a dash for nothing."""
    if number is None:
        return "—"
    return f"{Decimal(number):,.2f}".rstrip("0").rstrip(".")


def bounds_text(target: Target) -> str:
    """What is asked, short: ≥500㎡, 2—5名, 每百户≥30㎡, 平均≥10个, ≥80%的单位达到≥1处; 仅供参考 for what is not scored."""
    if not target.is_scored:
        return "仅供参考"
    bound = f"≥{number_text(target.at_least)}{target.unit}"
    if target.at_most is not None:
        bound = f"{number_text(target.at_least)}—{number_text(target.at_most)}{target.unit}"
    per = "" if target.per == Target.Per.WHOLE else str(Target.Per(target.per).label)
    if target.aggregate == Target.Aggregate.MEAN:
        return f"全域{per}{bound}" if per else f"平均{bound}"
    if target.aggregate == Target.Aggregate.COVERAGE:
        return f"≥{number_text(target.coverage_at_least)}%的社区达到{per}{bound}"
    return f"{per}{bound}"


def units_text(target: Target) -> str:
    """What is judged: 城市社区, 3000人以上的农村社区, 市辖区, 县（市、区）, 全域."""
    if target.level != Target.Level.COMMUNITY:
        return "市辖区" if target.urban_districts_only else str(target.get_level_display())
    people = "" if target.minimum_population is None else f"{target.minimum_population}人以上的"
    kind = str(Community.Kind(target.kind).label) if target.kind else "社区"
    return f"{people}{kind}"


def rule_text(target: Target) -> str:
    """What counts: 登记、街道备案; empty when everything does."""
    return counting_rule_text(target.indicator, target.counting_rule)


def counting_rule_text(indicator_code: str, rule: CountingRule) -> str:
    """The counting rule of one indicator in words; empty when everything counts."""
    indicator = _indicator(indicator_code)
    if indicator is None or indicator.dimension is None:
        return ""
    chosen = rule.get(indicator.dimension.code, [])
    if set(chosen) in (set(), set(indicator.figures)):
        return ""
    return "、".join(indicator.dimension.values.get(value, value) for value in chosen)


def _indicator(code: str) -> Indicator | None:
    """Return the indicator; None of a target whose indicator nobody declares any more."""
    return next((indicator for indicator in indicators() if indicator.code == code), None)


def indicator_text(target: Target) -> str:
    """What is counted, with the rule: 社区社会组织数（登记、街道备案）."""
    rule = rule_text(target)
    indicator = _indicator(target.indicator)
    name = indicator.name if indicator else target.indicator
    return f"{name}（{rule}）" if rule else name


def result_text(result: TargetResult) -> str:
    """The figure that stands beside the bound: 9.4个 of a mean, 76.5% of a coverage or a rate; a dash for nothing.

    A rate is taken from the counts and has one decimal, as everywhere else.
    """
    target = result.target
    if target.aggregate == Target.Aggregate.MEAN:
        return "—" if result.value is None else f"{number_text(result.value)}{target.value_unit}"
    rate = percent(result.reached, result.judged) if result.value is None else percent(result.value, 100)
    return "—" if rate is None else f"{rate}%"


def version_text(plan: TargetPlan) -> str:
    """第2版."""
    return f"第{plan.version}版"
