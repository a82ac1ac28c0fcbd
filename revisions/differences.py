"""The rows of two months that differ, found by the database: only those come to Python.

The two are a locked month and its stand-in (see `would_be`); the differences are read from the first to the second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from changzhi_portal.bulk import in_batches
from periods.models import ReportingPeriod
from revisions.models import LockedChange
from targets.models import CommunityMeasure, Computation, DivisionMeasure, Target, TargetResult

Values = dict[str, Any]
_VERDICT = ("verdict", "value", "missing")
Kind = LockedChange.Kind


@dataclass
class UnitDifference:
    """A community or division whose measure differs. `before` and `after` are whole rows, empty where there is none.

    `verdicts`: by target code the judgement before and after, each None where the target does not speak of the unit.
    """

    key: int
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)
    verdicts: dict[str, tuple[Values | None, Values | None]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Whether the unit is measured on both sides."""
        return str(Kind.CHANGED if self.before and self.after else Kind.ADDED if self.after else Kind.GONE)

    @property
    def columns(self) -> list[str]:
        """The columns that differ."""
        return [name for name in (self.before or self.after) if self.before.get(name) != self.after.get(name)]

    @property
    def flipped(self) -> list[str]:
        """The columns that were unknown and are known now, or the other way round."""
        return [
            name
            for name in (self.columns if self.before and self.after else ())
            if (self.before[name] is None) != (self.after[name] is None)
        ]


@dataclass(frozen=True)
class ResultDifference:
    """One target's result of one division; None on the side where there is none."""

    target: Target
    division_id: int
    before: Values | None
    after: Values | None


@dataclass(frozen=True)
class Differences:
    """Everything that differs between two months: communities and divisions by key, and results."""

    communities: dict[int, UnitDifference]
    divisions: dict[int, UnitDifference]
    results: list[ResultDifference]


def differences_of(frozen: ReportingPeriod, computed: ReportingPeriod) -> Differences:
    """What differs between the rows of two months, both measured. Reads only; the queries grow with what differs."""
    then, now = _targets_by_code(frozen), _targets_by_code(computed)
    communities = _units(CommunityMeasure, "community_id", frozen, computed)
    divisions = _units(DivisionMeasure, "division_id", frozen, computed)
    for code in then.keys() & now.keys():
        model, key, units = (
            (CommunityMeasure, "community_id", communities)
            if then[code].level == Target.Level.COMMUNITY
            else (DivisionMeasure, "division_id", divisions)
        )
        _add_verdicts(units, key, _judged(model, frozen, then[code]), _judged(model, computed, now[code]), code)
    _complete(CommunityMeasure, "community_id", communities, frozen, computed)
    _complete(DivisionMeasure, "division_id", divisions, frozen, computed)
    return Differences(communities, divisions, _results(frozen, computed, {**then, **now}))


def columns_of(model: type[Any], key: str = "") -> list[str]:
    """The columns of a measure or result that say something: all but keys and the period."""
    return [
        column.attname
        for column in model._meta.concrete_fields
        if not column.primary_key and column.attname not in ("period_id", key)
    ]


def _targets_by_code(period: ReportingPeriod) -> dict[str, Target]:
    plan = Computation.objects.select_related("plan").get(period=period).plan
    return {target.code: target for target in plan.targets.filter(is_scored=True)}


def _both_ways(one: QuerySet[Any, Any], other: QuerySet[Any, Any]) -> tuple[list[Any], list[Any]]:
    """The rows that only one has, and those that only the other has; NULLs count as equal, as sets do."""
    return list(one.difference(other)), list(other.difference(one))


def _units(model: type[Any], key: str, frozen: ReportingPeriod, computed: ReportingPeriod) -> dict[int, UnitDifference]:
    names = columns_of(model, key)
    rows = model.objects.order_by().values_list(key, *names)
    units: dict[int, UnitDifference] = {}
    before, after = _both_ways(rows.filter(period=frozen), rows.filter(period=computed))
    for side, found in (("before", before), ("after", after)):
        for unit, *values in found:
            setattr(units.setdefault(unit, UnitDifference(unit)), side, dict(zip(names, values, strict=True)))
    return units


def _judged(model: type[Any], period: ReportingPeriod, target: Target) -> Any:
    return model.objects.order_by().for_period(period).judged_by(target)


def _add_verdicts(units: dict[int, UnitDifference], key: str, then: Any, now: Any, code: str) -> None:
    """The units whose judgement by one target differs; a unit whose own row does not (another rule) joins in."""
    names = (key, *_VERDICT)
    before, after = _both_ways(then.values_list(*names), now.values_list(*names))
    found: dict[int, list[Values | None]] = defaultdict(lambda: [None, None])
    for side, rows in enumerate((before, after)):
        for unit, *values in rows:
            found[unit][side] = dict(zip(_VERDICT, values, strict=True))
    for unit, (old, new) in found.items():
        units.setdefault(unit, UnitDifference(unit)).verdicts[code] = (old, new)


def _complete(
    model: type[Any],
    key: str,
    units: Mapping[int, UnitDifference],
    frozen: ReportingPeriod,
    computed: ReportingPeriod,
) -> None:
    """The rows of units of which only the judgement differs."""
    names = columns_of(model, key)
    without = [unit.key for unit in units.values() if not unit.before and not unit.after]
    for side, period in (("before", frozen), ("after", computed)):
        for batch in in_batches(without):
            rows = model.objects.order_by().filter(period=period, **{f"{key}__in": batch})
            for unit, *values in rows.values_list(key, *names):
                setattr(units[unit], side, dict(zip(names, values, strict=True)))


def _results(
    frozen: ReportingPeriod, computed: ReportingPeriod, targets: Mapping[str, Target]
) -> list[ResultDifference]:
    names = [name for name in columns_of(TargetResult, "division_id") if name != "target_id"]
    # By code: a plan that was changed since is another version with targets of its own.
    rows = TargetResult.objects.order_by().values_list("target__code", "division_id", *names)
    before, after = _both_ways(rows.filter(period=frozen), rows.filter(period=computed))
    then, now = _by_unit(before, names), _by_unit(after, names)
    return [
        ResultDifference(targets[code], division_id, then.get((code, division_id)), now.get((code, division_id)))
        for code, division_id in sorted(then.keys() | now.keys())
    ]


def _by_unit(rows: Iterable[Sequence[Any]], names: Sequence[str]) -> dict[tuple[str, int], Values]:
    return {(code, division_id): dict(zip(names, values, strict=True)) for code, division_id, *values in rows}
