"""Data quality: what is probably wrong in the registers, as small rules that each app declares in `<app>/quality.py`.

A rule is one function that finds rows with the database's own means, and one sentence about a row it has found:

    @rule(FACILITIES, Severity.SOFT, "设施面积过大", "建筑面积{area}㎡，请核对单位和小数点。")
    def facility_too_large(occasion: Occasion) -> ScopedQuerySet:
        return Facility.objects.filter(area__gt=LARGEST_PLAUSIBLE_AREA)

Who looks at which rules, page by page, is `submissions.checks`; the frame only says what a rule is and where rules are.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from string import Formatter
from typing import Any

from django.db.models import F, TextChoices, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from changzhi_portal.discovery import by_key, instances_in
from changzhi_portal.display import display_number, display_value
from changzhi_portal.records import Record
from changzhi_portal.refusals import NotFoundError
from changzhi_portal.scope import ScopedModel, ScopedQuerySet


class Severity(TextChoices):
    """What a finding means for a month's report (上报) [docs/domain.md §6]."""

    HARD = "hard", "必须改正"  # blocks the report: the figure cannot be right
    SOFT = "soft", "可说明"  # may be right, with a written explanation


@dataclass(frozen=True)
class Occasion:
    """As of when the registers are looked through: the last day of a month, and that of the month before."""

    day: datetime.date
    day_before: datetime.date


@dataclass(frozen=True)
class Subject:
    """What the rows of a rule are, and how a finding names and links them; all but the models are lookups.

    `community` leads to the community a row lies in: "" for a community itself, None where rows hang at divisions
    only. Rows that have no page of their own (postings) name the `record` whose page is linked.
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
        """The path of the division a row lies in."""
        paths = [F("__".join(filter(None, (lookup, "path")))) for lookup in self.model.scope_lookups]
        return Coalesce(*paths, Value("")) if paths[1:] else paths[0]

    @property
    def community_code(self) -> Combinable:
        """The code of the community a row lies in; "" for one of a town or county."""
        return Value("") if self.community is None else Coalesce(F(self.of_community("code")), Value(""))

    def of_community(self, name: str) -> str:
        """The lookup of a column of the community a row lies in."""
        return "__".join(filter(None, (self.community, name)))


Find = Callable[[Occasion], ScopedQuerySet]


@dataclass(frozen=True)
class QualityRule:
    """One thing that may be wrong. `message` speaks of one row: {lookups} in it are read from the row found."""

    code: str
    title: str
    severity: Severity
    subject: Subject
    message: str
    find: Find

    @property
    def lookups(self) -> tuple[str, ...]:
        """The values of a row that the message speaks of."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.message) if name)

    def say(self, row: Mapping[str, Any]) -> str:
        """The message about one row."""
        return self.message.format(**{name: _display(row[name]) for name in self.lookups})


def _display(value: Any) -> str:
    # Sums computed by a database may have any number of trailing zeros.
    return display_number(value) if isinstance(value, Decimal) else display_value(value)


@dataclass(frozen=True)
class Finding:
    """One row that a rule has found, ready to be shown: `place` is where it lies, in words, `url` the record's page.

    `ref` is the record's own; `path` that of its division. A record may be found by several rules, and a page of
    several rows (two postings of one worker) more than once by one.
    """

    rule: QualityRule
    ref: str
    label: str
    message: str
    path: str
    place: str

    @property
    def model(self) -> str:
        """What kind of row it is: "communities.Facility"."""
        return self.rule.subject.model._meta.label

    @property
    def url(self) -> str:
        """The page of the record."""
        return self.rule.subject.url_of(self.ref)

    @property
    def is_hard(self) -> bool:
        """Whether it blocks the month's report."""
        return self.rule.severity == Severity.HARD


def rule(subject: Subject, severity: Severity, title: str, message: str) -> Callable[[Find], QualityRule]:
    """Make a rule of a function that finds rows of `subject`; the function's name is the rule's code.

    The function looks at the whole register: whoever asks cuts what it found to a scope.
    """

    def declare(find: Find) -> QualityRule:
        return QualityRule(find.__name__, title, severity, subject, message, find)

    return declare


@cache
def _rules_by_code() -> dict[str, QualityRule]:
    return by_key(instances_in("quality", QualityRule), lambda rule: rule.code)


def quality_rules() -> tuple[QualityRule, ...]:
    """Every rule of every app, hard ones first, otherwise in the order of the apps and of their declaration."""
    return tuple(sorted(_rules_by_code().values(), key=lambda rule: rule.severity != Severity.HARD))


def rule_named(code: str) -> QualityRule:
    """The rule with this code. Raises NotFoundError for an unknown one."""
    try:
        return _rules_by_code()[code]
    except KeyError:
        raise NotFoundError(
            f"没有“{code}”这项检查，请从列表中选择。",
            cure=f"{code!r} is not a rule. Choose one of: {', '.join(_rules_by_code())}.",
            field="rule",
        ) from None
