"""The population of communities as known on a day (docs/domain.md §5.4)."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Max, Q, QuerySet

from communities.models import CommunityProfile


def newest_profiles(day: datetime.date) -> QuerySet[Any, dict[str, Any]]:
    """Return per `community_id` the newest days by `day` with known residents (`residents_on`) and `households_on`.

    Profiles dated later are not known yet; a profile that leaves a figure blank does not replace an older one. Any
    change of this query must raise the version of "population" in `targets.figures`.
    """
    profiles = CommunityProfile.objects.order_by().filter(as_of__lte=day).values("community_id")
    return profiles.annotate(
        residents_on=Max("as_of", filter=Q(residents__isnull=False)),
        households_on=Max("as_of", filter=Q(households__isnull=False)),
    )
