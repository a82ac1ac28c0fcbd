"""Data quality: probable errors in the registers, as small rules that each app declares in `<app>/quality.py`.

A rule is one function that returns a queryset of rows, and one sentence about such a row:

    @rule(FACILITIES, Severity.SOFT, "设施面积过大", "建筑面积{area}㎡，请核对单位和小数点。")
    def facility_too_large(occasion: Occasion) -> ScopedQuerySet:
        return Facility.objects.filter(area__gt=occasion.thresholds[LARGEST_AREA])

`submissions.checks` decides who sees the findings of which rules; this module defines and finds the rules.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from string import Formatter
from typing import Any

from django.db.models import F, Q, TextChoices, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from changzhi_portal.discovery import by_key, instances_in
from changzhi_portal.display import display_number, display_value
from changzhi_portal.records import Record
from changzhi_portal.refusals import NotFoundError
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from changzhi_portal.thresholds import DEFAULTS, Thresholds


class Severity(TextChoices):
    """What a finding means for the report of a month (上报) [docs/domain.md §6]."""

    HARD = "hard", "必须改正"  # blocks the report: the figure cannot be right
    SOFT = "soft", "可说明"  # may be right, and needs a written explanation


@dataclass(frozen=True)
class Occasion:
    """The date of a check: the last day of a month, and the last day of the month before; the thresholds of the month.

    `city` is the path of the city whose registers are checked, "" for all. A rule that compares a record with others of
    its town or county compares those `of_city` only, which spares it the registers of other cities.
    """

    day: datetime.date
    day_before: datetime.date
    thresholds: Thresholds = DEFAULTS
    city: str = ""

    def of_city(self, rows: ScopedQuerySet) -> ScopedQuerySet:
        """Filter for the rows in the city that is checked."""
        return rows.filter(rows.model.in_subtree(self.city)) if self.city else rows


@dataclass(frozen=True)
class Subject:
    """What the rows of a rule are, and how a finding names and links them; all fields but the models are lookups.

    `community` leads to the row's community; "" for a community itself, None if rows belong to divisions only. Rows
    without a page of their own (postings) name the `record` whose page is linked.
    """

    model: type[ScopedModel]
    record: type[Record] | None = None
    ref: str = "ref"
    label: str = "name"
    community: str | None = "community"

    def url_of(self, ref: str) -> str:
        """Return the address of the page that a finding links; "" where its rows have none."""
        record = self.record or self.model
        return record.url_of(ref) if issubclass(record, Record) else ""

    @property
    def path(self) -> Combinable:
        """Return the path of the row's division."""
        paths = [F("__".join(filter(None, (lookup, "path")))) for lookup in self.model.scope_lookups]
        return Coalesce(*paths, Value("")) if paths[1:] else paths[0]

    def lies_at(self, paths: Collection[str]) -> Q:
        """Return the condition that the row's division has one of these paths."""
        lookups = ("__".join(filter(None, (lookup, "path", "in"))) for lookup in self.model.scope_lookups)
        return Q(*((lookup, paths) for lookup in lookups), _connector=Q.OR)

    @property
    def community_code(self) -> Combinable:
        """Return the code of the row's community; "" for a row of a town or county."""
        return Value("") if self.community is None else Coalesce(F(self.community_lookup("code")), Value(""))

    def community_lookup(self, name: str) -> str:
        """Return the lookup of a column of the row's community."""
        return "__".join(filter(None, (self.community, name)))


Find = Callable[[Occasion], ScopedQuerySet]


@dataclass(frozen=True)
class QualityRule:
    """One probable error. `message` is about one row: {lookups} in it are replaced by values of the row."""

    code: str
    title: str
    severity: Severity
    subject: Subject
    message: str
    find: Find

    @property
    def lookups(self) -> tuple[str, ...]:
        """Return the lookups that the message uses."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.message) if name)

    def message_for(self, row: Mapping[str, Any]) -> str:
        """Return the message about one row."""
        return self.message.format(**{name: _display(row[name]) for name in self.lookups})


def _display(value: Any) -> str:
    # Sums computed by a database may have any number of trailing zeros.
    return display_number(value) if isinstance(value, Decimal) else display_value(value)


@dataclass(frozen=True)
class Finding:
    """One row that a rule has found: `place` is the name of its place, `url` the address of the record's page.

    `ref` is that of the record, `path` that of its division. Several rules may find the same record, and one rule may
    find a record with several rows (two postings of one worker) more than once.
    """

    rule: QualityRule
    ref: str
    label: str
    message: str
    path: str
    place: str

    @property
    def model(self) -> str:
        """Return the model of the row: "communities.Facility"."""
        return self.rule.subject.model._meta.label

    @property
    def url(self) -> str:
        """Return the address of the record's page."""
        return self.rule.subject.url_of(self.ref)

    @property
    def is_hard(self) -> bool:
        """Return whether it blocks the month's report."""
        return self.rule.severity == Severity.HARD


def rule(subject: Subject, severity: Severity, title: str, message: str) -> Callable[[Find], QualityRule]:
    """Return a decorator that makes a rule of a function that finds rows of `subject`; its name is the rule's code.

    The function returns rows of the whole register; the caller limits them to a scope.
    """

    def declare(find: Find) -> QualityRule:
        return QualityRule(find.__name__, title, severity, subject, message, find)

    return declare


@cache
def _rules_by_code() -> dict[str, QualityRule]:
    return by_key(instances_in("quality", QualityRule), lambda rule: rule.code)


def quality_rules() -> tuple[QualityRule, ...]:
    """Return every rule of every app, hard ones first, otherwise in the order of the apps and of their declaration."""
    return tuple(sorted(_rules_by_code().values(), key=lambda rule: rule.severity != Severity.HARD))


def rule_named(code: str) -> QualityRule:
    """Return the rule with this code. Raises NotFoundError for an unknown one."""
    try:
        return _rules_by_code()[code]
    except KeyError:
        raise NotFoundError(
            f"没有“{code}”这项检查，请从列表中选择。",
            cure=f"{code!r} is not a rule. Choose one of: {', '.join(_rules_by_code())}.",
            field="rule",
        ) from None
