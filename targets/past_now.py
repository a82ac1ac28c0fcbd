"""Past months added up for divisions that did not stand then, kept for the next look (domain.md §3: 现行区划).

Adding up a month (`targets.as_now`) judges its communities again; a trend needs a dozen months at each look, and a
month that nobody computes again stays the same under the same map. A cache that is away costs time, nothing else.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from django.core.cache import cache
from django.db.models import Count, Max, Q
from redis.exceptions import RedisError

from changzhi_portal.records import BEGINNING
from communities.models import Division
from periods.models import ReportingPeriod
from targets.as_now import results_as_now
from targets.models import Computation

logger = logging.getLogger(__name__)
_KEPT_SECONDS = 7 * 24 * 3_600


class PastResult(NamedTuple):
    """What counts of the result of one month for a division that stands now; `target` is the clause's code."""

    target: str
    division_id: int
    judged: int
    reached: int
    unknown: int
    value: str | None
    verdict: str


def past_results(
    divisions: Collection[Division], *, plan_code: str, until: ReportingPeriod
) -> Iterator[tuple[datetime.date, PastResult]]:
    """Month and result of those of `divisions` that stand today and did not in that month; nothing else.

    No query for divisions that have stood from the beginning.
    """
    new = {division.pk: division for division in divisions if division.valid_from > BEGINNING and not division.valid_to}
    if not new:
        return
    youngest = max(division.valid_from for division in new.values())
    computations = Computation.objects.filter(
        finished_at__isnull=False, plan__code=plan_code, period__month__lt=youngest, period__month__lte=until.month
    ).select_related("period")
    levels = sorted({division.level for division in new.values()})
    stamp = _stamp_of_the_map() if computations else ""
    for computation in computations:
        period = computation.period
        for result in _as_now(computation, levels, stamp):
            division = new.get(result.division_id)
            if division is not None and division.valid_from > period.as_of:
                yield period.month, result


def _as_now(computation: Computation, levels: Sequence[str], stamp: str) -> list[PastResult]:
    finished = computation.finished_at.timestamp() if computation.finished_at else ""
    key = f"past-now:{computation.period_id}:{finished}:{stamp}:{'-'.join(levels)}"
    try:
        kept = cache.get(key)
    except (OSError, RedisError) as error:
        logger.warning("Past months are added up anew: %s", error)
        kept = None
    if kept is not None:
        return [PastResult(*row) for row in kept]
    found = [
        PastResult(
            result.target.code,
            result.division_id,
            result.judged,
            result.reached,
            result.unknown,
            None if result.value is None else str(result.value),
            result.verdict,
        )
        for result in results_as_now(computation.period, levels=levels)
    ]
    try:
        cache.set(key, [tuple(row) for row in found], _KEPT_SECONDS)
    except (OSError, RedisError) as error:
        logger.warning("Past months cannot be kept: %s", error)
    return found


def _stamp_of_the_map() -> str:
    """Another one after each change of divisions."""
    counted = Division.objects.aggregate(
        newest=Max("pk"),
        closed=Count("pk", filter=Q(valid_to__isnull=False)),
        urban=Count("pk", filter=Q(is_urban_district=True)),
    )
    return f"{counted['newest']}-{counted['closed']}-{counted['urban']}"
