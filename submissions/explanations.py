"""Explanations of soft findings on the page of a report: their form fields, and the texts entered.

The form has one field for each finding ("each:RULE:RECORD") up to MOST_FIELDS, and one for each rule that applies to all
of its findings without a text of their own ("rest:RULE"). A text is stored for every finding
(`Submission.explanations`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from changzhi_portal.quality import Finding, QualityRule, Severity, quality_rules
from changzhi_portal.rights import Actor
from communities.models import Division
from periods.models import ReportingPeriod
from submissions.checks import Findings, findings_for
from submissions.comments import Thread, Threads
from submissions.models import Submission, explanation_key

# The number of findings with their own field; the others are explained by their rule's field.
MOST_FIELDS = 200
_EACH, _REST = "each:", "rest:"


@dataclass(frozen=True)
class ExplainedFinding:
    """A finding with its comments, and with the name, value and error of the form field that explains it.

    `field_name` is empty for a second finding of the same rule and record (two postings of one worker), which the field
    of the first explains.
    """

    finding: Finding
    field_name: str
    text: str
    error: str
    thread: Thread


@dataclass(frozen=True)
class Group:
    """The findings of one rule: their number, those with their own field, and the field for the rest."""

    rule: QualityRule
    number: int
    explained: list[ExplainedFinding]
    field_name: str
    text: str

    @property
    def further(self) -> int:
        """Return the number of findings without their own field."""
        return self.number - len(self.explained)


@dataclass(frozen=True)
class Checks:
    """The findings of a county's month as the page of its report shows them."""

    findings: Findings = field(repr=False)
    groups: list[Group]

    @property
    def hard(self) -> int:
        """Return the number of findings that block the report."""
        return self.findings.hard

    @property
    def soft(self) -> int:
        """Return the number of findings that require an explanation."""
        return self.findings.soft

    def hard_findings(self, most: int) -> list[Finding]:
        """Return the first `most` findings that block the report."""
        return self.findings.narrowed(severity=Severity.HARD)[:most] if self.hard else []


def in_order_of_page(soft: Sequence[Finding]) -> list[Finding]:
    """Return soft findings in the order of the page: rule by rule those with their own field, then the others."""
    order = {rule.code: number for number, rule in enumerate(quality_rules())}
    parts = (soft[:MOST_FIELDS], soft[MOST_FIELDS:])
    return [finding for part in parts for finding in sorted(part, key=lambda each: order[each.rule.code])]


def is_explanation(name: str) -> bool:
    """Return whether a form field with this name contains an explanation."""
    return name.startswith((_EACH, _REST))


def explanation_field(key: str) -> str:
    """Return the name of the form field of the finding with this `explanation_key`."""
    return _EACH + key


def explanation_groups(
    submission: Submission,
    user: Actor,
    typed: Mapping[str, str],
    errors: Mapping[str, Sequence[str]],
    threads: Threads,
) -> Checks:
    """Return the findings of a county's month in the user's scope, with the texts to show in their fields.

    `typed` are posted texts by field name; without one, the text of the last report is shown. `errors` are the form's
    errors by field name, `threads` the comments at the findings.
    """
    findings = findings_for(period=submission.period, division=submission.county, user=user)
    counts = findings.counts()
    soft = findings.narrowed(severity=Severity.SOFT)[:MOST_FIELDS] if findings.soft else []
    by_rule: dict[str, list[ExplainedFinding]] = defaultdict(list)
    seen: set[str] = set()
    for finding in soft:
        key = explanation_key(finding.rule.code, finding.ref)
        name = "" if key in seen else explanation_field(key)
        seen.add(key)
        before = submission.explanations.get(key, {}).get("text", "")
        by_rule[finding.rule.code].append(
            ExplainedFinding(
                finding,
                name,
                typed.get(name, before),
                "".join(errors.get(name, ())),
                threads.at(finding.rule.code, finding.ref),
            )
        )
    groups = [
        Group(rule, counts[rule.code], by_rule[rule.code], _REST + rule.code, typed.get(_REST + rule.code, ""))
        for rule in quality_rules()
        if rule.severity == Severity.SOFT and counts.get(rule.code)
    ]
    return Checks(findings, groups)


def given_explanations(period: ReportingPeriod, county: Division, typed: Mapping[str, str]) -> dict[str, str]:
    """Return the text of every finding by `explanation_key`: its own, else its rule's; findings without are left out."""
    texts = {name.removeprefix(_EACH): text.strip() for name, text in typed.items() if name.startswith(_EACH)}
    rest = {name.removeprefix(_REST): text.strip() for name, text in typed.items() if name.startswith(_REST)}
    given = {key: text for key, text in texts.items() if text}
    if any(rest.values()):
        for finding in findings_for(period=period, division=county).narrowed(severity=Severity.SOFT):
            key = explanation_key(finding.rule.code, finding.ref)
            if key not in given and rest.get(finding.rule.code):
                given[key] = rest[finding.rule.code]
    return given
