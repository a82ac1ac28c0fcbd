"""Monthly series of a division's results for a target, for trends and paces.

Months before a change of divisions had other counties (docs/domain.md §3). For such a month

* a division that did not exist then has the sum of its present communities (`targets.current_boundaries`), so that the
  series of 潞州区 continues those of 城区 and 郊区;
* any other division has the sum of its own results and those of the divisions it had taken in by the end of the series;
* with `current_boundaries`, every division has the sum of its present communities.

A month in which more than half of the units are unknown has no figure: its rate reflects who has reported, and a rise
from it would look like progress.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils import timezone

from communities.models import Division
from periods.models import ReportingPeriod
from targets.judgement import Verdict
from targets.models import Target, TargetResult
from targets.models.result import TargetResultQuerySet
from targets.pace import Figures, Pace, change_since, no_pace, pace_of
from targets.past_results import PastResult, past_results

_WHOLE = Fraction(100)
_COMPARED = frozenset({Verdict.MET, Verdict.OVER, Verdict.UNMET})
Aggregate = Target.Aggregate


@dataclass(frozen=True)
class Trend:
    """The series of one division for one target up to `month`.

    `figures` are exact percentages of the units judged, or for a target for the mean (`is_mean`) the mean itself; None
    in a month without a figure. Changes are in that unit: percentage points, or the target's unit.
    """

    target: Target
    month: datetime.date
    figures: Figures = field(default_factory=dict)

    @property
    def is_mean(self) -> bool:
        """Return whether the figures are means instead of percentages."""
        return self.target.aggregate == Aggregate.MEAN

    @property
    def now(self) -> Fraction | None:
        """Return the figure of the last month of the series."""
        return self.figures.get(self.month)

    @property
    def change_on_last_month(self) -> Fraction | None:
        """Return the change on the month before; None when either month has no figure."""
        return change_since(self.figures, month=self.month, months=1)

    @property
    def change_on_year_before(self) -> Fraction | None:
        """Return the change on the same month a year before; None when either month has no figure."""
        return change_since(self.figures, month=self.month, months=12)

    @cached_property
    def pace(self) -> Pace:
        """Return the pace until the plan's last day.

        A target of a figure of divisions has none: a figure of a month is reached or not, and no stock that grows.
        """
        if self.target.judges_figure:
            return no_pace(self.now)
        return pace_of(self.figures, month=self.month, goal=goal_of(self.target), ends_on=self.target.plan.ends_on)


# By the keys of target and division.
Trends = Mapping[tuple[int, int], Trend]


def goal_of(target: Target) -> Fraction:
    """Return the figure to reach: 100 %, the required share, or the required mean."""
    if target.aggregate == Aggregate.MEAN:
        return Fraction(target.at_least or 0)
    return Fraction(target.coverage_at_least or 0) if target.aggregate == Aggregate.COVERAGE else _WHOLE


def trends_until(
    period: ReportingPeriod,
    *,
    targets: Sequence[Target],
    divisions: Iterable[Division],
    results: TargetResultQuerySet | None = None,
    current_boundaries: bool = False,
) -> Trends:
    """Return the trend of each target in each division until `period`, including empty ones.

    `divisions` are those of the end of `period`, or with `current_boundaries` those of today; the caller must have
    checked that the user may see them. `targets` must be of one plan, with `plan` loaded; earlier versions of a target
    in the plan are included. `results` restricts the results that are read, by default all.

    One query; one more if a division has taken others in. If a division is younger than some of the months, or with
    `current_boundaries`, three more and one for each month that is not cached.
    """
    chosen = {division.pk: division for division in divisions}
    by_code = {target.code: target for target in targets}
    counts: dict[tuple[int, int], dict[datetime.date, list[_Counts]]] = defaultdict(lambda: defaultdict(list))
    if chosen and by_code:
        rows = list(_rows(results, period, targets, chosen.values()))
        is_of_another_map = any(row["division"] not in chosen for row in rows)
        day = timezone.localdate() if current_boundaries else period.as_of
        successors = Division.objects.successors_on(day) if is_of_another_map else {}
        for row in rows:
            division_id = successors.get(row["division"], row["division"])
            if division_id in chosen:
                key = (by_code[row["target__code"]].pk, division_id)
                counts[key][row["period__month"]].append(_Counts.of(row))
        plan_code = targets[0].plan.code
        for month, past in past_results(
            chosen.values(), plan_code=plan_code, until=period, current_boundaries=current_boundaries
        ):
            if past.target in by_code:
                counts[by_code[past.target].pk, past.division_id][month] = [_Counts.of_past(past)]
    return {
        (target.pk, key): Trend(
            target, period.month, {month: _figure(target, summed) for month, summed in counts[target.pk, key].items()}
        )
        for target in targets
        for key in chosen
    }


@dataclass(frozen=True)
class _Counts:
    """The numbers of one result that the series uses."""

    judged: int
    reached: int
    unknown: int
    value: Decimal | None
    verdict: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> _Counts:
        return cls(row["judged"], row["met"] + row["over"], row["unknown"], row["value"], row["verdict"])

    @classmethod
    def of_past(cls, past: PastResult) -> _Counts:
        value = None if past.value is None else Decimal(past.value)
        return cls(past.judged, past.reached, past.unknown, value, past.verdict)


def _rows(
    results: TargetResultQuerySet | None,
    period: ReportingPeriod,
    targets: Sequence[Target],
    divisions: Collection[Division],
) -> Any:
    """Return the results of the divisions and of all divisions that became part of one, as values."""
    readable = TargetResult.objects.all() if results is None else results
    inside = Q()
    for division in divisions:
        inside |= Q(division__path__startswith=division.path)
    return (
        readable.filter(
            inside,
            period__month__lte=period.month,
            target__plan__code=targets[0].plan.code,
            target__code__in=[target.code for target in targets],
            division__level__in={division.level for division in divisions},
        )
        .order_by()
        .values(
            "target__code",
            "period__month",
            "division",
            "judged",
            "met",
            "over",
            "unknown",
            "value",
            "verdict",
        )
    )


def _figure(target: Target, counts: Sequence[_Counts]) -> Fraction | None:
    """Return the percentage over all counts; for a mean the single known mean, since means cannot be added up."""
    if target.aggregate == Aggregate.MEAN:
        only = counts[0]
        is_known = len(counts) == 1 and only.value is not None and only.verdict in _COMPARED
        return Fraction(only.value) if is_known and only.value is not None else None
    judged = sum(count.judged for count in counts)
    unknown = sum(count.unknown for count in counts)
    if not judged or 2 * unknown > judged:
        return None
    return Fraction(100 * sum(count.reached for count in counts), judged)
