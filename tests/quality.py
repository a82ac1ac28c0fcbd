"""Findings of one rule of data quality, as the data-quality page lists them."""

from __future__ import annotations

from changzhi_portal.quality import Finding
from communities.models import Division
from submissions.checks import findings_for
from tests.factories import make_period


def found_by(code: str, division: Division, month: str = "2018-06") -> list[Finding]:
    """Return the findings of the rule with this code in a division, as of the end of a month."""
    return list(findings_for(period=make_period(month), division=division).narrowed(rule=code))


def refs_found_by(code: str, division: Division, month: str = "2018-06") -> set[str]:
    """Return the refs of the records that the rule finds."""
    return {finding.ref for finding in found_by(code, division, month)}
