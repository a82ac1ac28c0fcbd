"""The change records that caused the difference of a unit: those without which it would not differ."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.bulk import in_batches
from changzhi_portal.indicators import CountedRegister, counted_registers
from communities.models import Community, CommunityPlacement, CommunityProfile
from periods.models import ReportingPeriod
from revisions.differences import Differences, UnitDifference
from revisions.edits import History, histories_of
from revisions.effects import (
    PLACED,
    SCORED,
    Effect,
    Effects,
    Figure,
    effects_on_communities,
    effects_on_population,
    effects_on_register,
    reported,
)
from revisions.models import LockedChange
from targets.engine.map_of_day import map_of
from targets.engine.sql import Sql, fetch_all, select_from
from targets.models import DivisionMeasure

# (whether the unit is a community, its key) → keys of the change records that caused its difference.
Causes = dict[tuple[bool, int], list[int]]
# The figures, besides columns of the measure, that decide whether a community is measured.
_WHETHER_SCORED = (SCORED, PLACED)


def causes_of(differences: Differences, period: ReportingPeriod, change_sets: models.QuerySet[ChangeSet]) -> Causes:
    """Return the change records of `change_sets` that caused each difference; empty if a new plan or map caused it.

    A change record is a cause if undoing the edits of its record would change a figure that differs. If a county has
    reported a register for the first time, only the first change record of each change set is listed. Causes listed at a
    community are not repeated at the divisions above it.
    """
    if not differences.communities and not differences.divisions:
        return {}  # The usual case; do not read every edit since the lock for nothing.
    index = _CauseIndex(differences, list(_every_effect(period.as_of, change_sets)), period.as_of)
    return {
        **{(True, unit.key): index.causes_of_community(unit) for unit in differences.communities.values()},
        **{(False, unit.key): index.causes_of_division(unit) for unit in differences.divisions.values()},
    }


def _every_effect(day: datetime.date, change_sets: models.QuerySet[ChangeSet]) -> Effects:
    related = {
        register.through: histories_of(_through(register), change_sets)
        for register in counted_registers()
        if register.through
    }
    communities, placements = histories_of(Community, change_sets), histories_of(CommunityPlacement, change_sets)
    yield from effects_on_communities(communities, placements, day)
    yield from effects_on_population(histories_of(CommunityProfile, change_sets), day)
    for register in counted_registers():
        rows = histories_of(register.model, change_sets)
        yield from effects_on_register(register, rows, related.get(register.through, {}), day)


def _through(register: CountedRegister) -> type[models.Model]:
    model: Any = register.model._meta.get_field(register.through).related_model
    return model


def _lasting_records(history: History, values: Sequence[Any]) -> list[int]:
    """Return the change records that changed a figure after it last had its first value (`values`: one per state)."""
    last_unchanged = max(number for number, value in enumerate(values) if value == values[0])
    return [
        record
        for number, record in enumerate(history.records)
        if number >= last_unchanged and values[number + 1] != values[number]
    ]


# --- Places ---


def _units_of_places(day: datetime.date, figures: Iterable[Figure]) -> dict[tuple[bool, int], set[int]]:
    """Return the town, county and city of `day` that each place of the figures counts for."""
    mentioned = {figure[:2] for figure in figures}
    units: dict[tuple[bool, int], set[int]] = {}
    for is_community in (True, False):
        places = sorted(place for of_communities, place in mentioned if of_communities == is_community)
        for batch in in_batches(places):
            for place, *row in fetch_all(_units_query(day, is_community, batch)):
                units[is_community, place] = {unit for unit in row if unit is not None}
    return units


def _units_query(day: datetime.date, is_community: bool, places: Sequence[int]) -> Sql:
    marks = ", ".join(["%s"] * len(places))
    of_day = [Sql("place.town_id"), Sql("place.county_id"), Sql("place.city_id")]
    if is_community:
        rows = f"located JOIN place ON place.division_id = located.division_id WHERE located.community_id IN ({marks})"
        return select_from(
            named=map_of(day), columns=[Sql("located.community_id"), *of_day], rows=Sql(rows, tuple(places))
        )
    rows = f"place WHERE place.division_id IN ({marks})"
    return select_from(named=map_of(day), columns=[Sql("place.division_id"), *of_day], rows=Sql(rows, tuple(places)))


class _CauseIndex:
    """The change records that changed figures, by community and by division."""

    def __init__(
        self, differences: Differences, every: Sequence[tuple[History, Sequence[Effect]]], day: datetime.date
    ) -> None:
        self.differences = differences
        registers = counted_registers()
        self.register_of = {figure.name: register for register in registers for figure in register.figures}
        self.reported = frozenset(map(reported, registers))
        # The figures of which a division has the sum of its places.
        self.added_up = self.reported | {figure.name for figure in DivisionMeasure.declared_figures()}
        figures = {figure for _, effects in every for effect in effects for figure in effect}
        self.units_of = _units_of_places(day, figures)
        self.at_community: dict[tuple[int, str], set[int]] = defaultdict(set)
        self.at_unit: dict[tuple[int, str], set[int]] = defaultdict(set)
        for history, effects in every:
            self._note(history, effects)
        self.change_set_of = self._change_sets()

    def _note(self, history: History, effects: Sequence[Effect]) -> None:
        """Add the change records of one history to the communities and divisions whose figures they changed."""
        for figure in set().union(*effects):
            if figure.is_community:
                values = [effect.get(figure) for effect in effects]
                self.at_community[figure.place, figure.column].update(_lasting_records(history, values))
        complete = [self._by_unit(effect, skip_listed=False) for effect in effects]
        unlisted = [self._by_unit(effect, skip_listed=True) for effect in effects]
        for key in set().union(*complete):
            if len({effect[key] for effect in unlisted}) > 1:
                self.at_unit[key].update(_lasting_records(history, [effect[key] for effect in complete]))

    def _by_unit(self, effect: Effect, *, skip_listed: bool) -> Counter[tuple[int, str]]:
        """Return an effect summed for town, county and city; with `skip_listed` without figures listed at a community."""
        summed: Counter[tuple[int, str]] = Counter()
        for figure, value in effect.items():
            if figure.column in self.added_up and not (skip_listed and self._is_listed_at_community(figure)):
                for unit in self.units_of.get((figure.is_community, figure.place), ()):
                    summed[unit, figure.column] += value
        return summed

    def _is_listed_at_community(self, figure: Figure) -> bool:
        unit = self.differences.communities.get(figure.place) if figure.is_community else None
        # For a community that leaves the month, only the reason for leaving is listed.
        return unit is not None and unit.kind != LockedChange.Kind.GONE and figure.column in unit.columns

    def _change_sets(self) -> dict[int, int]:
        """Return the change set of each change record that made a register reported in some unit."""
        keys = {key for (_, column), records in self.at_unit.items() if column in self.reported for key in records}
        change_sets: dict[int, int] = {}
        for batch in in_batches(sorted(keys)):
            change_sets |= dict(ChangeRecord.objects.filter(pk__in=batch).values_list("pk", "change_set_id"))
        return change_sets

    def causes_of_community(self, unit: UnitDifference) -> list[int]:
        """Return the change records that caused a community's difference."""
        records = {record for column in self._columns(unit) for record in self.at_community.get((unit.key, column), ())}
        county = (unit.before or unit.after).get("county_id")
        for column in unit.known_changes:
            if column in self.register_of:
                records |= self._first_reports(county, self.register_of[column])
        return sorted(records)

    def causes_of_division(self, unit: UnitDifference) -> list[int]:
        """Return the change records that caused a division's difference, without those listed at its communities."""
        records = {record for column in unit.columns for record in self.at_unit.get((unit.key, column), ())}
        for column in unit.known_changes:
            records |= self._first_reports(unit.key, self.register_of[column])
        return sorted(records)

    @staticmethod
    def _columns(unit: UnitDifference) -> set[str]:
        """Return the figures whose changes explain a community's difference."""
        if unit.kind == LockedChange.Kind.GONE:
            return {*_WHETHER_SCORED, "kind", "residents"}
        columns = set(unit.columns)
        if unit.kind == LockedChange.Kind.ADDED:
            columns |= {*_WHETHER_SCORED}
        return columns | ({"town_id"} if "county_id" in columns else set())

    def _first_reports(self, unit: int | None, register: CountedRegister) -> set[int]:
        """Return the first change record of each change set that added or removed rows of a register in a county."""
        if unit is None:
            return set()
        first: dict[int, int] = {}
        for record in self.at_unit.get((unit, reported(register)), ()):
            change_set = self.change_set_of[record]
            first[change_set] = min(record, first.get(change_set, record))
        return set(first.values())
