"""The checks on the page of a report: what blocks it, and a place to explain what may be right after all.

A form field explains one finding ("each:RULE:RECORD"); a rule with many findings has one more that explains all of its
findings that have none of their own ("rest:RULE"), because a thousand fields are no form. What is kept is a text for
every finding (`Submission.explanations`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from changzhi_portal.quality import Finding, QualityRule, Severity, quality_rules
from communities.models import Division
from periods.models import ReportingPeriod
from submissions.checks import Findings, findings_for
from submissions.models import Submission, explanation_key

# Findings with a field of their own; those beyond are explained by their rule's field.
MOST_FIELDS = 200
_EACH, _REST = "each:", "rest:"


@dataclass(frozen=True)
class Asked:
    """A finding, the field that explains it, what stands in it, and what is wrong with that.

    A record that one rule finds twice (two postings of one worker) is explained once: the second has no field.
    """

    finding: Finding
    field_name: str
    text: str
    error: str


@dataclass(frozen=True)
class Group:
    """The findings of one rule: those with a field of their own, how many there are in all, and the field for the rest."""

    rule: QualityRule
    number: int
    asked: list[Asked]
    field_name: str
    text: str

    @property
    def further(self) -> int:
        """How many have no field of their own."""
        return self.number - len(self.asked)


@dataclass(frozen=True)
class Checks:
    """What the page shows of the findings of a county's month."""

    findings: Findings = field(repr=False)
    groups: list[Group]

    @property
    def hard(self) -> int:
        """How many findings block the report."""
        return self.findings.hard

    @property
    def soft(self) -> int:
        """How many need an explanation."""
        return self.findings.soft

    def hard_findings(self, most: int) -> list[Finding]:
        """Return the first findings that block."""
        return self.findings.narrowed(severity=Severity.HARD)[:most] if self.hard else []


def is_explanation(name: str) -> bool:
    """Return whether the form field of this name holds an explanation."""
    return name.startswith((_EACH, _REST))


def explanation_field(key: str) -> str:
    """Return the name of the form field of the finding with this `explanation_key`."""
    return _EACH + key


def explanation_groups(
    submission: Submission, user: Any, typed: Mapping[str, str], errors: Mapping[str, Sequence[str]]
) -> Checks:
    """Return the findings of a county's month as `user` may see them, with what was typed just now, else the last time.

    `errors` says by field name what is wrong with what was typed.
    """
    found = findings_for(period=submission.period, division=submission.county, user=user)
    counts = found.counts()
    soft = found.narrowed(severity=Severity.SOFT)[:MOST_FIELDS] if found.soft else []
    by_rule: dict[str, list[Asked]] = defaultdict(list)
    seen: set[str] = set()
    for finding in soft:
        key = explanation_key(finding.rule.code, finding.ref)
        name = "" if key in seen else explanation_field(key)
        seen.add(key)
        before = submission.explanations.get(key, {}).get("text", "")
        by_rule[finding.rule.code].append(Asked(finding, name, typed.get(name, before), "".join(errors.get(name, ()))))
    groups = [
        Group(rule, counts[rule.code], by_rule[rule.code], _REST + rule.code, typed.get(_REST + rule.code, ""))
        for rule in quality_rules()
        if rule.severity == Severity.SOFT and counts.get(rule.code)
    ]
    return Checks(found, groups)


def given_explanations(period: ReportingPeriod, county: Division, typed: Mapping[str, str]) -> dict[str, str]:
    """Return the text for every finding, by its key: its own, else its rule's; findings without either are left out."""
    texts = {name.removeprefix(_EACH): text.strip() for name, text in typed.items() if name.startswith(_EACH)}
    rest = {name.removeprefix(_REST): text.strip() for name, text in typed.items() if name.startswith(_REST)}
    given = {key: text for key, text in texts.items() if text}
    if any(rest.values()):
        for finding in findings_for(period=period, division=county).narrowed(severity=Severity.SOFT):
            key = explanation_key(finding.rule.code, finding.ref)
            if key not in given and rest.get(finding.rule.code):
                given[key] = rest[finding.rule.code]
    return given
