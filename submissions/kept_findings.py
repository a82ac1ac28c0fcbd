"""Findings of pages, kept in the cache and found again only as far as the registers have changed.

All rules together ask every register, which takes a second in a large city. So it is kept how many findings each rule
has in each town of the whole city (`found_places`), with the tables that the rule has asked. After a change only the
rules that ask a changed table are asked again, by the worker within seconds (`submissions.tasks.keep_findings`) or else
by the next page; what a page shows is never older than the last change. From these counts follow those of every area and
reader, and in which towns the findings of a page lie, so that only these towns are asked for them.

Steps that decide something, such as 上报, ask the registers anew (`submissions.checks.findings_for`). What is kept holds
names of records and of places, no personal numbers.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection
from django.db.models import CharField, Count, Max, Q
from django.db.models.functions import Cast

from accounts.models import User
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.kept import keep, kept, look_up
from changzhi_portal.quality import Finding, Occasion, QualityRule, quality_rules, rule_named
from changzhi_portal.rights import Actor
from changzhi_portal.scope import scope_path_of
from communities.models import Division, DivisionChange
from periods.models import ReportingPeriod
from submissions.checks import Findings, city_of, findings_for, occasion_of
from targets.models import Computation

_QUOTED = re.compile(r'"(\w+)"')
_MEASURES = "targets_"  # how the tables that a computation writes begin


class Stamp(NamedTuple):
    """What findings depend on. Numbers as well as newest ones, because transactions do not commit in order of their keys."""

    change_sets: int
    newest: int
    divisions: int  # applied changes of divisions
    computations: str  # a rule compares with the figures of the month before


class FoundBy(NamedTuple):
    """How many findings a rule has by the path of their town or county, and the tables that it asks."""

    places: Mapping[str, int]
    tables: frozenset[str]


class Found(NamedTuple):
    """What every rule finds in a city, at a stamp."""

    stamp: Stamp
    rules: Mapping[str, FoundBy]


def kept_findings_for(*, period: ReportingPeriod, division: Division, user: Actor) -> Findings:
    """Return the findings as `findings_for` does, but read from the cache as long as nothing has changed.

    They are asked anew while nothing was ever logged, and for a county whose divisions have changed since the month.
    """
    live = findings_for(period=period, division=division, user=user)
    if not live.area.is_subtree:
        return live
    found = found_places(live.occasion)
    if found is None:
        return live
    parts = {each.name: getattr(live, each.name) for each in fields(live)}
    return KeptFindings(**parts, found=found, path=_deeper(division.path, scope_path_of(user)))


@dataclass(frozen=True)
class KeptFindings(Findings):
    """Findings whose counts and pages come from what is kept: those whose path begins with `path`; None for none."""

    found: Found | None = None
    path: str | None = None

    def _count(self) -> dict[str, int]:
        return {rule.code: sum(self._places_of(rule).values()) for rule in self.rules}

    def _places_of(self, rule: QualityRule) -> dict[str, int]:
        if self.found is None or self.path is None:
            return {}
        places = self.found.rules[rule.code].places
        return {path: number for path, number in places.items() if path.startswith(self.path)}

    def _page(self, chosen: slice) -> list[Finding]:
        if chosen.start is None or chosen.stop is None or self.found is None:
            return super()._page(chosen)
        rows = kept(
            f"findings:{self._key}:{chosen.start}-{chosen.stop}",
            lambda: [
                (found.rule.code, found.ref, found.label, found.message, found.path, found.place)
                for found in self._read_page(chosen.start, chosen.stop)
            ],
        )
        return [Finding(rule_named(code), *values) for code, *values in rows]

    def _read_page(self, start: int, stop: int) -> list[Finding]:
        """Ask those rules for the findings from `start` to before `stop` that have some in the towns where they lie."""
        places = [self._places_of(rule) for rule in self.rules]
        number_before, towns, skipped = 0, set(), 0
        for path, number in sorted(sum(map(Counter, places), Counter()).items()):
            if number_before + number <= start:
                skipped = number_before + number
            elif number_before < stop:
                towns.add(path)
            number_before += number
        keys: list[Mapping[str, Any]] = []
        for number, rule in enumerate(self.rules):
            if towns & places[number].keys():
                rows = self._rows_of(rule).filter(rule.subject.lies_at(towns))
                keys += self._key_values(number, rule, rows)
        keys.sort(key=lambda key: (key["sort_path"], key["sort_code"], key["rule_number"], key["key"]))
        return self._read(keys[start - skipped : stop - skipped])

    @property
    def _key(self) -> str:
        """Return what a page depends on: the stamp, all that rules are told, the area, and the rules asked."""
        stamp = self.found.stamp if self.found is not None else None
        asked = repr((stamp, self.occasion, self.division.pk, self.path, [rule.code for rule in self.rules]))
        return hashlib.sha256(asked.encode()).hexdigest()


def found_places(occasion: Occasion) -> Found | None:
    """Return what every rule finds in the city of the occasion; None while nothing was ever logged.

    Those rules are asked whose registers have changed since they were asked last.
    """
    # Before the rules are asked: a change in between is then seen as one that comes after.
    stamp = _stamp()
    if not stamp.change_sets:
        return None
    # The occasion is everything that rules are told, so a bound that is changed is part of the key.
    asked = repr((occasion, [(rule.code, rule.severity) for rule in quality_rules()]))
    key = f"finding-places:{hashlib.sha256(asked.encode()).hexdigest()}"
    before: Found | None = look_up(key)
    if before is not None and before.stamp == stamp:
        return before
    is_still_true = _unchanged_since(before, stamp)
    rules = {
        rule.code: before.rules[rule.code] if before is not None and is_still_true(rule) else _ask(rule, occasion)
        for rule in quality_rules()
    }
    found = Found(stamp, rules)
    keep(key, found)
    return found


def keep_found_places() -> None:
    """Keep what the rules of the month in hand find in each city with users, before a page asks for it."""
    period = ReportingPeriod.objects.for_month_or_in_hand(None)
    paths = User.objects.filter(is_active=True).values_list("division__path", flat=True).distinct().order_by()
    for city in {city_of(path) for path in paths if path}:
        found_places(occasion_of(period, city))


def _ask(rule: QualityRule, occasion: Occasion) -> FoundBy:
    """Return what a rule finds in the city, and the tables in the statements that it makes."""
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        statements.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(note):
        rows = occasion.of_city(rule.find(occasion)).order_by()
        counted = rows.values(place=Cast(rule.subject.path, CharField())).annotate(number_found=Count("pk"))
        places = {row["place"]: row["number_found"] for row in counted}
    return FoundBy(places, frozenset(_QUOTED.findall(" ".join(statements))))


def _unchanged_since(before: Found | None, stamp: Stamp) -> Callable[[QualityRule], bool]:
    """Return whether a rule finds the same at `stamp` as before, because no table that it asks was written."""
    tables = _tables_written(before.stamp, stamp) if before is not None else None
    if before is None or tables is None:
        return lambda rule: False
    computed = before.stamp.computations != stamp.computations

    def is_still_true(rule: QualityRule) -> bool:
        found = before.rules[rule.code]
        if not found.tables or found.tables & tables:
            return False
        return not (computed and any(table.startswith(_MEASURES) for table in found.tables))

    return is_still_true


def _tables_written(before: Stamp, now: Stamp) -> frozenset[str] | None:
    """Return the tables that the change sets since `before` have written; None when that cannot be said."""
    since = ChangeSet.objects.order_by().filter(pk__gt=before.newest, pk__lte=now.newest)
    # A change set with a smaller key may have been committed since.
    if before.divisions != now.divisions or before.change_sets + since.count() != now.change_sets:
        return None
    labels = set(
        ChangeRecord.objects.order_by().filter(change_set__in=since).values_list("model", flat=True).distinct()
    )
    if since.filter(affects_figures=True, records__isnull=True).exists():
        return None
    return frozenset(_tables_of(labels))


def _tables_of(labels: Iterable[str]) -> Iterable[str]:
    """Return the tables of models, and of the models whose rows belong to theirs."""
    for label in labels:
        options = apps.get_model(label)._meta
        yield options.db_table
        yield from (each.related_model._meta.db_table for each in options.related_objects)


def _deeper(path: str, other: str | None) -> str | None:
    """Return the path of what lies in both subtrees; None for nothing."""
    if other is None or not (path.startswith(other) or other.startswith(path)):
        return None
    return max(path, other, key=len)


def _stamp() -> Stamp:
    changes = ChangeSet.objects.order_by().aggregate(newest=Max("pk"), number=Count("pk"))
    divisions = DivisionChange.objects.aggregate(applied=Count("pk", filter=Q(applied_at__isnull=False)))
    return Stamp(changes["number"], changes["newest"] or 0, divisions["applied"], Computation.objects.stamp())
