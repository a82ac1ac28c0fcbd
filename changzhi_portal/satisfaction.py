"""How satisfied residents are with their community in a year, as the app that surveys them says and assessments use.

    SCORES = SatisfactionScores(scores_of_year)

declared in `<app>/satisfaction.py`. Assessments lie right of surveys; the frame holds what both speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from changzhi_portal.discovery import instances_in


@dataclass(frozen=True)
class SatisfactionScores:
    """The scores of communities in a year, 0 to 100, by their keys; a community without a survey that counts has none."""

    of_year: Callable[[int], Mapping[int, Decimal]]


def satisfaction_scores(year: int) -> dict[int, Decimal]:
    """Return the scores of a year by the communities' keys; none of communities that no app has surveyed."""
    found: dict[int, Decimal] = {}
    for declared in instances_in("satisfaction", SatisfactionScores):
        found |= declared.of_year(year)
    return found
