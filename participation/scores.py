"""What the yearly assessment of communities takes from surveys (docs/domain.md §4.16)."""

from __future__ import annotations

import datetime
from decimal import Decimal

from changzhi_portal.grades import printed_score
from participation.models import SurveyCount


def satisfaction_scores(year: int) -> dict[int, Decimal]:
    """Return the score (20 to 100, one decimal) of each community in a year, by the community's key.

    That of the question 总体 in the community's newest closed satisfaction survey whose last day lies in the year. A
    community with fewer valid answers than ENOUGH_ANSWERS is not among them: its satisfaction is unknown.
    """
    first, last = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
    found = SurveyCount.objects.overall_of_newest(first, last).order_by()
    scores = {count.community_id: printed_score(count.grades.score) for count in found}
    return {community: score for community, score in scores.items() if score is not None}
