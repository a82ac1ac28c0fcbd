"""Differences between the rows of two months, computed by the database.

The two are a locked month (before) and its recomputed copy (after; see `revisions.recompute`). Figures whose declaration
has changed since the lock are not compared: no edit of a register caused that difference (ADR 0018).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import Combinable

from changzhi_portal.bulk import in_batches
from periods.models import ReportingPeriod
from revisions.models import LockedChange
from targets.figures import ADDED_UP, JUDGED, OF_DIVISIONS, POPULATION, SCORED, expression_of, has_column
from targets.models import CommunityMeasure, Computation, DivisionMeasure, Target, TargetResult

Values = dict[str, Any]
_VERDICT = ("verdict", "value", "missing")
Kind = LockedChange.Kind


@dataclass
class UnitDifference:
    """A community or division whose measure differs.

    `before` and `after` are all compared columns and figures of its rows, empty if there is no row. `verdicts` are the
    judgements before and after by target code, each None if the target does not judge the unit.
    """

    key: int
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)
    verdicts: dict[str, tuple[Values | None, Values | None]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return the kind of difference: measured in both months, only after, or only before."""
        return str(Kind.CHANGED if self.before and self.after else Kind.ADDED if self.after else Kind.GONE)

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns and figures that differ."""
        return [name for name in (self.before or self.after) if self.before.get(name) != self.after.get(name)]

    @property
    def known_changes(self) -> list[str]:
        """Return the names of columns and figures that changed between unknown and known."""
        return [
            name
            for name in (self.columns if self.before and self.after else ())
            if (self.before[name] is None) != (self.after[name] is None)
        ]


@dataclass(frozen=True)
class ResultDifference:
    """The result of one target for one division before and after; None where there is no result."""

    target: Target
    division_id: int
    before: Values | None
    after: Values | None


@dataclass(frozen=True)
class Differences:
    """All differences between two months: communities and divisions by key, and results.

    `not_compared` are the figures and engine rules that both measured in different versions, or only one measured.
    """

    communities: dict[int, UnitDifference]
    divisions: dict[int, UnitDifference]
    results: list[ResultDifference]
    not_compared: list[str]


@dataclass(frozen=True)
class _Compared:
    """Two months, and the names of the figures and rules that both measured in the same version (`alike`)."""

    frozen: ReportingPeriod
    computed: ReportingPeriod
    alike: frozenset[str]

    def columns_of(self, model: type[Any]) -> dict[str, str | Combinable]:
        """Return the compared columns of a measure by name: those of the place, and figures of the same version."""
        columns: dict[str, str | Combinable] = {name: name for name in model.place_columns}
        if POPULATION in self.alike:
            columns |= {name: name for name in model.population_columns}
        names = [figure.name for figure in model.declared_figures() if figure.name in self.alike]
        return columns | {name: name if has_column(model, name) else expression_of(model, name) for name in names}

    @property
    def is_scored_alike(self) -> bool:
        """Return whether both months select the measured communities by the same rules, population included."""
        return self.alike >= {SCORED, POPULATION}

    def is_judged_alike(self, target: Target) -> bool:
        """Return whether both months judge the target by figures of the same version."""
        needed = {JUDGED, *target.names_measured}
        if target.judges_figure:
            needed.add(ADDED_UP)
        if target.per or target.minimum_population is not None:
            needed.add(POPULATION)
        return needed <= self.alike

    def has_results_alike(self, target: Target) -> bool:
        """Return whether both months also select the units judged by the target by the same rules."""
        return self.is_judged_alike(target) and (target.level != Target.Level.COMMUNITY or self.is_scored_alike)


def differences_of(frozen: ReportingPeriod, computed: ReportingPeriod) -> Differences:
    """Return the differences between the rows of two measured months.

    Reads only. The number of queries depends on the number of targets and differences. Figures, verdicts and results are
    compared only if both months measured them in the same version; communities measured in one month only are included
    only if both months select communities by the same rules.
    """
    measured = _measured_by(frozen), _measured_by(computed)
    versions = [set(each.items()) for each in measured]
    compared = _Compared(frozen, computed, frozenset(name for name, _ in versions[0] & versions[1]))
    then, now = _targets_by_code(frozen), _targets_by_code(computed)
    communities, divisions = _units(CommunityMeasure, compared), _units(DivisionMeasure, compared)
    for code in then.keys() & now.keys():
        if not all(compared.is_judged_alike(target) for target in (then[code], now[code])):
            continue
        model, units = (
            (CommunityMeasure, communities)
            if then[code].level == Target.Level.COMMUNITY
            else (DivisionMeasure, divisions)
        )
        _add_verdicts(units, model, _judged(model, frozen, then[code]), _judged(model, computed, now[code]), code)
    _complete(CommunityMeasure, communities, compared)
    _complete(DivisionMeasure, divisions, compared)
    if not compared.is_scored_alike:
        communities = {key: unit for key, unit in communities.items() if unit.kind == Kind.CHANGED}
    alike = {
        code
        for code in then.keys() | now.keys()
        if all(compared.has_results_alike(targets[code]) for targets in (then, now) if code in targets)
    }
    return Differences(
        communities,
        divisions,
        [each for each in _results(frozen, computed, {**then, **now}) if each.target.code in alike],
        sorted({name for name, _ in versions[0] ^ versions[1] if not _is_of_divisions(name)}),
    )


def _is_of_divisions(name: str) -> bool:
    """Return whether a measured name is a figure of divisions, or the rule that adds them up: they are not compared here."""
    return name == ADDED_UP or name.startswith(OF_DIVISIONS)


def _measured_by(period: ReportingPeriod) -> dict[str, int]:
    measured: dict[str, int] = Computation.objects.get(period=period).measured
    return measured


def _targets_by_code(period: ReportingPeriod) -> dict[str, Target]:
    plan = Computation.objects.select_related("plan").get(period=period).plan
    return {target.code: target for target in plan.targets.filter(is_scored=True)}


def _both_ways(one: QuerySet[Any, Any], other: QuerySet[Any, Any]) -> tuple[list[Any], list[Any]]:
    """Return the rows that are only in `one`, and those only in `other`. NULLs are equal, as in SQL's EXCEPT."""
    return list(one.difference(other)), list(other.difference(one))


def _rows(model: type[Any], compared: _Compared, **lookups: Any) -> QuerySet[Any, Any]:
    """Return the unit's key and the compared values of a measure's rows."""
    rows = model.objects.order_by().filter(**lookups)
    return rows.values_list(model.unit_column, *compared.columns_of(model).values())


def _units(model: type[Any], compared: _Compared) -> dict[int, UnitDifference]:
    names = list(compared.columns_of(model))
    units: dict[int, UnitDifference] = {}
    before, after = _both_ways(
        _rows(model, compared, period=compared.frozen), _rows(model, compared, period=compared.computed)
    )
    for side, found in (("before", before), ("after", after)):
        for unit, *values in found:
            setattr(units.setdefault(unit, UnitDifference(unit)), side, dict(zip(names, values, strict=True)))
    return units


def _judged(model: type[Any], period: ReportingPeriod, target: Target) -> Any:
    return model.objects.order_by().for_period(period).judged_by(target)


def _add_verdicts(units: dict[int, UnitDifference], model: type[Any], then: Any, now: Any, code: str) -> None:
    """Add the judgements by one target that differ; also of units whose measures are equal (the target has changed)."""
    names = (model.unit_column, *_VERDICT)
    before, after = _both_ways(then.values_list(*names), now.values_list(*names))
    verdicts: dict[int, list[Values | None]] = defaultdict(lambda: [None, None])
    for side, rows in enumerate((before, after)):
        for unit, *values in rows:
            verdicts[unit][side] = dict(zip(_VERDICT, values, strict=True))
    for unit, (old, new) in verdicts.items():
        units.setdefault(unit, UnitDifference(unit)).verdicts[code] = (old, new)


def _complete(model: type[Any], units: Mapping[int, UnitDifference], compared: _Compared) -> None:
    """Load the rows of units of which only the judgement differs."""
    names = list(compared.columns_of(model))
    without = [unit.key for unit in units.values() if not unit.before and not unit.after]
    for side, period in (("before", compared.frozen), ("after", compared.computed)):
        for batch in in_batches(without):
            for unit, *values in _rows(model, compared, period=period, **{f"{model.unit_column}__in": batch}):
                setattr(units[unit], side, dict(zip(names, values, strict=True)))


def _results(
    frozen: ReportingPeriod, computed: ReportingPeriod, targets: Mapping[str, Target]
) -> list[ResultDifference]:
    names = [
        column.attname
        for column in TargetResult._meta.concrete_fields
        if not column.primary_key and column.attname not in ("period_id", "target_id", "division_id")
    ]
    # By target code: a plan that was changed since has other targets.
    rows = TargetResult.objects.order_by().values_list("target__code", "division_id", *names)
    before, after = _both_ways(rows.filter(period=frozen), rows.filter(period=computed))
    then, now = _by_unit(before, names), _by_unit(after, names)
    return [
        ResultDifference(targets[code], division_id, then.get((code, division_id)), now.get((code, division_id)))
        for code, division_id in sorted(then.keys() | now.keys())
    ]


def _by_unit(rows: Iterable[Sequence[Any]], names: Sequence[str]) -> dict[tuple[str, int], Values]:
    return {(code, division_id): dict(zip(names, values, strict=True)) for code, division_id, *values in rows}
