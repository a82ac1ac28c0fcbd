"""Past months added up for divisions that did not stand then, kept for the next look (docs/domain.md §3: 现行区划).

Adding up a month (`targets.current_boundaries`) judges its communities again; a trend needs a dozen months at each look, and a
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
from communities.models import Division, DivisionChange
from periods.models import ReportingPeriod
from targets.current_boundaries import results_in_current_boundaries
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
    divisions: Collection[Division], *, plan_code: str, until: ReportingPeriod, current_boundaries: bool = False
) -> Iterator[tuple[datetime.date, PastResult]]:
    """Month and result of those of `divisions` that did not stand in that month; nothing else.

    By the map of `until`, on which the divisions stand. With `current_boundaries` by that of today, and of all of them in every
    month before the last change of it: a division that has gone on may have taken in another since, or given up a part.
    No query for divisions that have stood from the beginning, unless so.
    """
    standing = {division.pk: division for division in divisions}
    if not current_boundaries:
        standing = {key: division for key, division in standing.items() if division.valid_from > BEGINNING}
    if not standing:
        return
    drawn = _map_of_today()
    # Since the last change every day has the same map, so that what is kept serves all months after it.
    day = drawn.since if current_boundaries else min(until.as_of, drawn.since)
    youngest = drawn.since if current_boundaries else max(division.valid_from for division in standing.values())
    computations = Computation.objects.filter(
        finished_at__isnull=False, plan__code=plan_code, period__month__lt=youngest, period__month__lte=until.month
    ).select_related("period")
    levels = sorted({division.level for division in standing.values()})
    for computation in computations:
        period = computation.period
        # Not looked at in vain: while a corrected edition is made, the month itself holds figures that are taken back.
        if period.as_of >= youngest:
            continue
        for result in _on_map_of(day, computation, levels, drawn.stamp):
            division = standing.get(result.division_id)
            if division is not None and (current_boundaries or division.valid_from > period.as_of):
                yield period.month, result


def _on_map_of(day: datetime.date, computation: Computation, levels: Sequence[str], stamp: str) -> list[PastResult]:
    finished = computation.finished_at.timestamp() if computation.finished_at else ""
    key = f"past-now:{computation.period_id}:{finished}:{day}:{stamp}:{'-'.join(levels)}"
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
        for result in results_in_current_boundaries(computation.period, levels=levels, day=day)
    ]
    try:
        cache.set(key, [tuple(row) for row in found], _KEPT_SECONDS)
    except (OSError, RedisError) as error:
        logger.warning("Past months cannot be kept: %s", error)
    return found


class _Map(NamedTuple):
    """The map of today: since when it has been what it is, and a stamp that is another one after each change."""

    since: datetime.date
    stamp: str


def _map_of_today() -> _Map:
    divisions = Division.objects.aggregate(
        newest=Max("pk"),
        opened=Max("valid_from"),
        closed=Max("valid_to"),
        number_closed=Count("pk", filter=Q(valid_to__isnull=False)),
        urban=Count("pk", filter=Q(is_urban_district=True)),
    )
    # Communities may go from one town to another without any division opening or closing.
    changes = DivisionChange.objects.filter(applied_at__isnull=False).aggregate(
        number=Count("pk"), latest=Max("effective_on")
    )
    days = (divisions["opened"], divisions["closed"], changes["latest"])
    stamp = (divisions["newest"], divisions["number_closed"], divisions["urban"], changes["number"])
    return _Map(max(filter(None, days), default=BEGINNING), "-".join(map(str, stamp)))
