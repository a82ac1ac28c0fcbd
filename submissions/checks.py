"""Data quality of a month (docs/domain.md §6): the findings of the apps' quality rules in a division.

    findings = findings_for(period=period, division=county)
    findings.counts()   the number of findings by rule; one query
    findings[0:50]      a page of findings, ordered by place; len(findings) works, as Paginator needs

A page takes one query for its keys and one for each rule on it, whatever the size of the registers.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, overload

from django.db.models import CharField, Count, F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Cast

from changzhi_portal.bulk import in_batches
from changzhi_portal.quality import Finding, Occasion, QualityRule, Severity, Subject, quality_rules
from changzhi_portal.rights import Viewer
from changzhi_portal.scope import ScopedQuerySet
from changzhi_portal.thresholds import Thresholds
from communities.models import CommunityPlacement, Division
from periods.models import CheckThresholds, ReportingPeriod, last_day_of, month_after
from submissions.report_status import is_in_effect_on
from targets.engine.map_of_day import divisions_counted_for

_EVERYONE: Any = object()  # the default of `user`: not restricted to a scope, for commands and actions


def findings_for(
    *, period: ReportingPeriod, division: Division, user: Viewer = _EVERYONE, thresholds: Thresholds | None = None
) -> Findings:
    """Return the findings in `division` and below as of the last day of `period`; they are read lazily.

    With `user`, only findings in that user's scope; pages must pass it. `thresholds` are by default those of the month.
    """
    occasion = occasion_of(period, city_of(division.path), thresholds)
    return Findings(occasion, Area(division, period.as_of), user, quality_rules())


def city_of(path: str) -> str:
    """Return the path of the city that a division with this path lies in."""
    return f"{path.partition('/')[0]}/"


def occasion_of(period: ReportingPeriod, city: str, thresholds: Thresholds | None = None) -> Occasion:
    """Return what the rules are told of a month in a city; `thresholds` are by default those of the month."""
    before = last_day_of(month_after(period.month, -1))
    if thresholds is None:
        thresholds = CheckThresholds.objects.for_month(period.month)
    return Occasion(period.as_of, before, thresholds, city)


@dataclass(frozen=True)
class Area:
    """The area of a division on a day, as a condition on rows of the registers."""

    division: Division
    day: datetime.date

    @cached_property
    def _divisions(self) -> list[int] | None:
        """Return the divisions whose facts count for it on the day; None if today's subtree is used instead.

        That is for a city, for a division that did not exist on the day, and if no division or place has changed since.
        """
        if self.division.level == Division.Level.CITY or not is_in_effect_on(self.division, self.day):
            return None
        later = CommunityPlacement.objects.order_by().filter(valid_from__gt=self.day)
        redrawn = Q(valid_from__gt=self.day) | Q(valid_to__gt=self.day) | Q(pk__in=later.values("town"))
        if not Division.objects.order_by().filter(redrawn).exists():
            return None
        return divisions_counted_for(self.division.pk, self.day)

    @property
    def is_subtree(self) -> bool:
        """Return whether it is today's subtree of the division."""
        return self._divisions is None

    def contains(self, subject: Subject) -> Q:
        """Return the condition that a row lies in the area: by its community's place on the day, or by its division."""
        divisions = self._divisions
        if divisions is None:
            return subject.model.in_subtree(self.division.path)
        town = None if subject.community is None else subject.community_lookup("town")
        lookups = [lookup for lookup in subject.model.scope_lookups if lookup != town]
        inside = Q(*(Q(**{f"{lookup}__in": divisions}) for lookup in lookups), _connector=Q.OR)
        if town is None:
            return inside
        community = f"{subject.community_lookup('pk')}__in"
        placed = CommunityPlacement.objects.order_by().in_effect_on(self.day)
        # A community closed by then lies where it last was.
        unplaced = Q(**{f"{town}__in": divisions}) & ~Q(**{community: placed.values("community")})
        return inside | Q(**{community: placed.filter(town__in=divisions).values("community")}) | unplaced


@dataclass(frozen=True)
class Findings(Sequence[Finding]):
    """The findings of some rules in one division, ordered by town, community and rule, as a lazy sequence."""

    occasion: Occasion
    area: Area
    user: Viewer = field(repr=False)
    rules: tuple[QualityRule, ...] = field(repr=False)
    # The queryset of each rule by its code, once it was needed; shared with `narrowed` findings.
    _found: dict[str, ScopedQuerySet] = field(default_factory=dict, repr=False, compare=False)

    @property
    def division(self) -> Division:
        """Return the division of the findings."""
        return self.area.division

    def narrowed(self, *, rule: str = "", severity: str = "") -> Findings:
        """Return the findings of the rule with this code, or of one severity; "" for any."""
        rules = tuple(each for each in self.rules if rule in ("", each.code) and severity in ("", each.severity))
        narrowed = replace(self, rules=rules)
        if self._counted is not None:
            # Counting takes as long as a page of findings, so it is not done again.
            vars(narrowed)["_counts"] = {each.code: self._counted[each.code] for each in rules}
        return narrowed

    def counts(self) -> dict[str, int]:
        """Return the number of findings by rule code, zeros included. One query."""
        return dict(self._counts)

    @property
    def hard(self) -> int:
        """Return the number of findings that block a report."""
        return self._number_of(Severity.HARD)

    @property
    def soft(self) -> int:
        """Return the number of findings that require an explanation."""
        return self._number_of(Severity.SOFT)

    def _number_of(self, severity: Severity) -> int:
        return sum(self._counts[rule.code] for rule in self.rules if rule.severity == severity)

    def __len__(self) -> int:
        return sum(self._counts.values())

    @overload
    def __getitem__(self, chosen: int) -> Finding: ...
    @overload
    def __getitem__(self, chosen: slice) -> list[Finding]: ...
    def __getitem__(self, chosen: int | slice) -> Finding | list[Finding]:
        """Return a finding, or a page of findings. Raises IndexError as a list does, and for negative indexes."""
        if isinstance(chosen, slice):
            return self._page(chosen)
        page = self[chosen : chosen + 1] if chosen >= 0 else []
        if not page:
            raise IndexError(f"There is no finding {chosen}.")
        return page[0]

    def __iter__(self) -> Iterator[Finding]:
        everything = range(len(self.rules))
        for batch in in_batches(list(self._keys(everything)) if everything else []):
            yield from self._read(batch)

    def of_record(self, rule: str, ref: str) -> Finding | None:
        """Return the finding of one rule about one record, the first if there are several; None if there is none."""
        number = next((number for number, each in enumerate(self.rules) if each.code == rule), None)
        if number is None:
            return None
        subject = self.rules[number].subject
        rows = self._rows_of(self.rules[number]).filter(**{subject.ref: ref}).order_by("pk")
        keys = rows.values(sort_path=Cast(subject.path, CharField()), rule_number=_number(number), key=F("pk"))[:1]
        return next(iter(self._read(keys)), None)

    def all(self) -> list[Finding]:
        """Return every finding. Unlike list(), this does not call len(), which takes another query."""
        return list(iter(self))

    def _page(self, chosen: slice) -> list[Finding]:
        """Return a page; of rules that were counted, those without findings are not asked again."""
        counted = self._counted
        asked = [number for number, rule in enumerate(self.rules) if counted is None or counted[rule.code]]
        return self._read(self._keys(asked)[chosen]) if asked else []

    @property
    def _counted(self) -> dict[str, int] | None:
        """Return the counts if they were asked for; None before."""
        return vars(self).get("_counts")

    @cached_property
    def _counts(self) -> dict[str, int]:
        return self._count()

    def _count(self) -> dict[str, int]:
        counts = {rule.code: 0 for rule in self.rules}
        numbered = [
            self._rows_of(rule).values(rule_number=_number(number)).annotate(number_found=Count("pk"))
            for number, rule in enumerate(self.rules)
        ]
        for row in _union(numbered):
            counts[self.rules[row["rule_number"]].code] = row["number_found"]
        return counts

    def _rows_of(self, rule: QualityRule) -> ScopedQuerySet:
        """Return the queryset of a rule, filtered for the area and the user. Some rules query medians."""
        if rule.code not in self._found:
            rows = rule.find(self.occasion).order_by().filter(self.area.contains(rule.subject))
            self._found[rule.code] = rows if self.user is _EVERYONE else rows.visible_to(self.user)
        return self._found[rule.code]

    def _keys(self, asked: Iterable[int]) -> QuerySet[Any, Any]:
        """Return rule number and key of every finding of the rules with these numbers, in order."""
        rules = ((number, self.rules[number]) for number in asked)
        parts = [self._key_values(number, rule, self._rows_of(rule)) for number, rule in rules]
        return _union(parts).order_by("sort_path", "sort_code", "rule_number", "key")

    @staticmethod
    def _key_values(number: int, rule: QualityRule, rows: ScopedQuerySet) -> QuerySet[Any, Any]:
        """Return number, key and place in the order of each of a rule's rows."""
        return rows.values(
            sort_path=Cast(rule.subject.path, CharField()),
            sort_code=Cast(rule.subject.community_code, CharField()),
            rule_number=_number(number),
            key=F("pk"),
        )

    def _read(self, keys: Iterable[Mapping[str, Any]]) -> list[Finding]:
        """Return the findings of the keys, in their order: one query for each rule, and one for the names of places."""
        requested = list(keys)
        by_rule: dict[int, list[int]] = defaultdict(list)
        for key in requested:
            by_rule[key["rule_number"]].append(key["key"])
        rows: dict[tuple[int, int], Mapping[str, Any]] = {}
        for number, row_keys in by_rule.items():
            rows |= {(number, row["pk"]): row for row in self._values(self.rules[number], row_keys)}
        places = _places_of(requested)
        return [
            _finding(
                self.rules[key["rule_number"]],
                rows[key["rule_number"], key["key"]],
                key["sort_path"],
                places.get(key["sort_path"], ""),
            )
            for key in requested
            # Skip rows that were corrected between the two queries.
            if (key["rule_number"], key["key"]) in rows
        ]

    def _values(self, rule: QualityRule, keys: list[int]) -> QuerySet[Any, Any]:
        subject = rule.subject
        names = {"pk", subject.ref, subject.label, *rule.lookups}
        if subject.community is not None:
            names.add(subject.community_lookup("name"))
        return self._rows_of(rule).filter(pk__in=keys).values(*names)


def _number(number: int) -> Value:
    return Value(number, output_field=IntegerField())


def _union(parts: list[Any]) -> Any:
    first, *others = parts or [Division.objects.none().values(rule_number=_number(0))]
    return first.union(*others, all=True) if others else first


def _places_of(keys: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the full names of the keys' divisions by path."""
    divisions = Division.objects.filter(path__in={key["sort_path"] for key in keys}).select_related("parent")
    return {division.path: division.full_name for division in divisions}


def _finding(rule: QualityRule, row: Mapping[str, Any], path: str, town: str) -> Finding:
    subject = rule.subject
    community = row[subject.community_lookup("name")] if subject.community is not None else ""
    return Finding(
        rule=rule,
        ref=row[subject.ref],
        label=row[subject.label],
        message=rule.message_for(row),
        path=path,
        place=f"{town}{community or ''}",
    )
