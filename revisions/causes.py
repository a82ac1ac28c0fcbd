"""Which change records stand behind a unit's difference: those without which it would not be so."""

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
    STANDING,
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

# Whether the unit is a community, and its key → the change records behind its difference, by key.
Causes = dict[tuple[bool, int], list[int]]
# What brings a community into a month or takes it out, besides its columns.
_WHETHER_SCORED = (STANDING, PLACED)


def causes_of(differences: Differences, period: ReportingPeriod, change_sets: models.QuerySet[ChangeSet]) -> Causes:
    """The records of `change_sets` behind every differing unit; none for one that another plan or map has changed.

    A record is a cause when taking back what its record has become since would change a figure that differs. Of a
    register that a county has reported for the first time, the first record of each change set stands for all. What
    is a cause at a community is not repeated at the divisions above it.
    """
    if not differences.communities and not differences.divisions:
        return {}  # The usual case: looking through every edit since would find nothing that it is wanted for.
    found = _Found(differences, list(_every_effect(period.as_of, change_sets)), period.as_of)
    return {
        **{(True, unit.key): found.behind_community(unit) for unit in differences.communities.values()},
        **{(False, unit.key): found.behind_division(unit) for unit in differences.divisions.values()},
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


def _lasting(history: History, values: Sequence[Any]) -> list[int]:
    """The records that moved a figure away from where it was; none of those after which it was there again."""
    last_there = max(number for number, value in enumerate(values) if value == values[0])
    return [
        record
        for number, record in enumerate(history.records)
        if number >= last_there and values[number + 1] != values[number]
    ]


# --- Places ---


def _units_of_places(day: datetime.date, figures: Iterable[Figure]) -> dict[tuple[bool, int], set[int]]:
    """For every place of the figures: town, county and city of that day that it counts for."""
    mentioned = {figure[:2] for figure in figures}
    units: dict[tuple[bool, int], set[int]] = {}
    for is_community in (True, False):
        places = sorted(place for of_communities, place in mentioned if of_communities == is_community)
        for batch in in_batches(places):
            for place, *found in fetch_all(_where(day, is_community, batch)):
                units[is_community, place] = {unit for unit in found if unit is not None}
    return units


def _where(day: datetime.date, is_community: bool, places: Sequence[int]) -> Sql:
    marks = ", ".join(["%s"] * len(places))
    of_day = [Sql("place.town_id"), Sql("place.county_id"), Sql("place.city_id")]
    if is_community:
        rows = f"located JOIN place ON place.division_id = located.division_id WHERE located.community_id IN ({marks})"
        return select_from(
            named=map_of(day), columns=[Sql("located.community_id"), *of_day], rows=Sql(rows, tuple(places))
        )
    rows = f"place WHERE place.division_id IN ({marks})"
    return select_from(named=map_of(day), columns=[Sql("place.division_id"), *of_day], rows=Sql(rows, tuple(places)))


class _Found:
    """What was moved where, ready to be asked unit by unit."""

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
        """Put the records of one history to the communities and units whose figures they move."""
        for figure in set().union(*effects):
            if figure.is_community:
                values = [effect.get(figure) for effect in effects]
                self.at_community[figure.place, figure.column].update(_lasting(history, values))
        whole = [self._by_unit(effect, leaving_out_told=False) for effect in effects]
        untold = [self._by_unit(effect, leaving_out_told=True) for effect in effects]
        for key in set().union(*whole):
            if len({effect[key] for effect in untold}) > 1:
                self.at_unit[key].update(_lasting(history, [effect[key] for effect in whole]))

    def _by_unit(self, effect: Effect, *, leaving_out_told: bool) -> Counter[tuple[int, str]]:
        """An effect added up for town, county and city; without what stands at a community that differs."""
        summed: Counter[tuple[int, str]] = Counter()
        for figure, value in effect.items():
            if figure.column in self.added_up and not (leaving_out_told and self._is_told_at_community(figure)):
                for unit in self.units_of.get((figure.is_community, figure.place), ()):
                    summed[unit, figure.column] += value
        return summed

    def _is_told_at_community(self, figure: Figure) -> bool:
        unit = self.differences.communities.get(figure.place) if figure.is_community else None
        # One that leaves the month is listed for leaving, not for what else was moved there.
        return unit is not None and unit.kind != LockedChange.Kind.GONE and figure.column in unit.columns

    def _change_sets(self) -> dict[int, int]:
        """The change set of each record that made a register reported somewhere."""
        keys = {key for (_, column), records in self.at_unit.items() if column in self.reported for key in records}
        found: dict[int, int] = {}
        for batch in in_batches(sorted(keys)):
            found |= dict(ChangeRecord.objects.filter(pk__in=batch).values_list("pk", "change_set_id"))
        return found

    def behind_community(self, unit: UnitDifference) -> list[int]:
        """The records behind a community's difference."""
        records = {record for column in self._columns(unit) for record in self.at_community.get((unit.key, column), ())}
        county = (unit.before or unit.after).get("county_id")
        for column in unit.flipped:
            if column in self.register_of:
                records |= self._first_reports(county, self.register_of[column])
        return sorted(records)

    def behind_division(self, unit: UnitDifference) -> list[int]:
        """The records behind a division's difference, but for those that stand at its communities already."""
        records = {record for column in unit.columns for record in self.at_unit.get((unit.key, column), ())}
        for column in unit.flipped:
            records |= self._first_reports(unit.key, self.register_of[column])
        return sorted(records)

    @staticmethod
    def _columns(unit: UnitDifference) -> set[str]:
        """The figures whose moving explains a community's difference."""
        if unit.kind == LockedChange.Kind.GONE:
            return {*_WHETHER_SCORED, "kind", "residents"}
        columns = set(unit.columns)
        if unit.kind == LockedChange.Kind.ADDED:
            columns |= {*_WHETHER_SCORED}
        return columns | ({"town_id"} if "county_id" in columns else set())

    def _first_reports(self, unit: int | None, register: CountedRegister) -> set[int]:
        """Of each change set that brought (or took) rows of a register in a county, the first record."""
        if unit is None:
            return set()
        first: dict[int, int] = {}
        for record in self.at_unit.get((unit, reported(register)), ()):
            change_set = self.change_set_of[record]
            first[change_set] = min(record, first.get(change_set, record))
        return set(first.values())
