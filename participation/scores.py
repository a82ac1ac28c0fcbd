"""What the yearly assessment of communities takes from surveys (docs/domain.md §4.16)."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from decimal import Decimal

from changzhi_portal.grades import GRADE_FIELDS, GradeCounts, printed_score
from participation.models import SurveyCount


def satisfaction_scores(year: int, communities: Collection[int] | None = None) -> dict[int, Decimal]:
    """Return the score (20 to 100, one decimal) of each community, or of some, in a year, by the community's key. One query.

    That of the question 总体 in the community's newest closed satisfaction survey whose last day lies in the year. A
    community with fewer valid answers than ENOUGH_ANSWERS is not among them: its satisfaction is unknown.
    """
    first, last = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
    counts = SurveyCount.objects.all() if communities is None else SurveyCount.objects.filter(community__in=communities)
    found = counts.overall_of_newest(first, last).order_by().values_list("community_id", *GRADE_FIELDS.values())
    scores = {
        community: printed_score(GradeCounts(*(each or 0 for each in grades)).score) for community, *grades in found
    }
    return {community: score for community, score in scores.items() if score is not None}
