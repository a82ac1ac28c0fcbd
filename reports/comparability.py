"""Which earlier months a briefing compares with: those that were judged by the same standard (docs/domain.md §7.4).

When a plan's target asks for more than the month before, its rate falls although nothing has become worse. So changes
and pace of a briefing begin anew with the month from which a target judges as it does now.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import F, Q

from communities.models import Division, DivisionChange
from periods.models import ReportingPeriod, month_after
from reports.stored_figures import ChangedDivisions
from targets.models import Target, TargetPlan
from targets.series import Trend
from targets.wording import bound_text

# What decides whether a unit is judged and has reached the target. Not the upper bound: units above it count as well,
# except for a figure of divisions (`_decisive`).
_DECISIVE = (
    *("level", "kind", "minimum_population", "urban_districts_only", "indicator", "counting_rule", "per", "aggregate"),
    *("at_least", "coverage_at_least"),
)
_FOR_WORDS = ("at_most", "unit")
_VERBS = {
    DivisionChange.Kind.MERGE: "合并为",
    DivisionChange.Kind.RENAME: "更名为",
    DivisionChange.Kind.RECODE: "更名为",
    DivisionChange.Kind.SPLIT: "拆分为",
}


@dataclass(frozen=True)
class Standards:
    """What each target required in each month up to `period`, which `plan` judges; `months` is what an issue covers."""

    period: ReportingPeriod
    plan: TargetPlan
    months: int = 1

    @cached_property
    def _by_month(self) -> Mapping[tuple[datetime.date, str], dict[str, Any]]:
        """Return the requirements by month and code. One query."""
        rows = Target.objects.filter(
            plan__computation__period__month__lte=self.period.month,
            plan__computation__finished_at__isnull=False,
            is_scored=True,
        ).values(
            *("code", *_DECISIVE, *_FOR_WORDS),
            month=F("plan__computation__period__month"),
            plan_code=F("plan__code"),
            plan_title=F("plan__title"),
        )
        return {(row["month"], row["code"]): row for row in rows}

    def comparable(self, trend: Trend) -> Trend:
        """Return the trend without the months before the last one in which its target judged otherwise."""
        other = [
            month
            for month in trend.figures
            if (then := self._by_month.get((month, trend.target.code))) and not _judges_alike(then, trend.target)
        ]
        if not other:
            return trend
        return replace(trend, figures={month: each for month, each in trend.figures.items() if month > max(other)})

    def last_months(self, target: Target) -> str:
        """Return what the target required before the issue's months (≥500㎡) if it judged otherwise; "" if not, or unknown."""
        then = self._by_month.get((month_after(self.period.month, -self.months), target.code))
        if then is None or then["plan_code"] != self.plan.code or _judges_alike(then, target):
            return ""
        return bound_text(Target(**{name: then[name] for name in (*_DECISIVE, *_FOR_WORDS)}))

    def starts_anew(self, target: Target, month: datetime.date) -> bool:
        """Return whether a target judged otherwise in the last measured month before `month`, so that the two differ."""
        now = self._by_month.get((month, target.code))
        earlier = [then for then, code in self._by_month if code == target.code and then < month]
        if now is None or not earlier:
            return False
        before = self._by_month[max(earlier), target.code]
        return any(before[name] != now[name] for name in ("plan_code", *_decisive(target)))

    @property
    def title_last_month(self) -> str:
        """Return the title of the plan that judged before the issue's months, if not this one in any version; else ""."""
        last_month = month_after(self.period.month, -self.months)
        then = next((row for (month, _), row in self._by_month.items() if month == last_month), None)
        return "" if then is None or then["plan_code"] == self.plan.code else str(then["plan_title"])


def _judges_alike(then: Mapping[str, Any], now: Target) -> bool:
    return all(then[name] == getattr(now, name) for name in _decisive(now))


def _decisive(target: Target) -> tuple[str, ...]:
    return (*_DECISIVE, "at_most") if target.judges_figure else _DECISIVE


def changed_divisions(period: ReportingPeriod, division: Division, *, months: int = 1) -> tuple[ChangedDivisions, ...]:
    """Return what the month, or the last `months`, changed among the counties (a county's edition: in the county and among its towns).

    Only what changes names: 合并, 更名, 拆分. One query.
    """
    of_the_month = DivisionChange.objects.filter(
        applied_at__isnull=False,
        effective_on__gte=month_after(period.month, 1 - months),
        effective_on__lte=period.as_of,
    ).in_order()
    if division.level == Division.Level.CITY:
        found = of_the_month.filter(level=DivisionChange.Level.COUNTY)
    else:
        of_county = Q(level=DivisionChange.Level.COUNTY, to_code=division.code)
        found = of_the_month.filter(of_county | Q(level=DivisionChange.Level.TOWN, to_code__startswith=division.code))
    return _together(list(found))


def _together(changes: Sequence[DivisionChange]) -> tuple[ChangedDivisions, ...]:
    """Return one entry for each new division, or for each that was split."""
    groups: dict[tuple[str, str], list[DivisionChange]] = {}
    for change in changes:
        if change.kind in _VERBS and (change.kind != DivisionChange.Kind.RECODE or change.from_name != change.to_name):
            key = change.from_code if change.kind == DivisionChange.Kind.SPLIT else change.to_code
            groups.setdefault((change.kind, key), []).append(change)
    return tuple(
        ChangedDivisions(
            before=tuple(dict.fromkeys(change.from_name for change in group)),
            verb=_VERBS[DivisionChange.Kind(kind)],
            after=tuple(dict.fromkeys(change.to_name for change in group)),
        )
        for (kind, _), group in groups.items()
    )
