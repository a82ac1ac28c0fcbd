"""Cached results of past months for divisions that did not exist then (docs/domain.md §3: 现行区划).

Adding up a month for other divisions (`targets.current_boundaries`) judges its communities again, and a trend needs a
dozen months for each page. The sums stay the same until the month is computed again or divisions change, so they are
cached under both. Without a cache server they are computed each time.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from django.db.models import Count, Max, Q

from changzhi_portal.kept import kept
from changzhi_portal.records import BEGINNING
from communities.models import Division, DivisionChange
from periods.models import ReportingPeriod
from targets.current_boundaries import results_in_current_boundaries
from targets.models import Computation


class PastResult(NamedTuple):
    """The result of one month for a division of another day; `target` is the target's code, `value` a decimal as text."""

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
    """Yield month and result of each of `divisions` for each finished month, up to `until`, in which it did not exist.

    The divisions must exist at the end of `until`; results are for the divisions of that day. With `current_boundaries`
    the divisions are those of today, and all of them are included in every month before the last change of divisions: a
    division that continued may have taken in another since, or given up a part. Without it, no query is made for
    divisions that have existed from the beginning of the records.
    """
    by_key = {division.pk: division for division in divisions}
    if not current_boundaries:
        by_key = {key: division for key, division in by_key.items() if division.valid_from > BEGINNING}
    if not by_key:
        return
    current = _map_of_today()
    # The map is the same on every day since the last change, so one cache entry serves all later months.
    day = current.since if current_boundaries else min(until.as_of, current.since)
    youngest = current.since if current_boundaries else max(division.valid_from for division in by_key.values())
    computations = Computation.objects.filter(
        finished_at__isnull=False, plan__code=plan_code, period__month__lt=youngest, period__month__lte=until.month
    ).select_related("period")
    levels = sorted({division.level for division in by_key.values()})
    for computation in computations:
        period = computation.period
        # Also keeps figures that are rolled back (`revisions.recompute.recomputed_in_place`) out of the cache.
        if period.as_of >= youngest:
            continue
        for result in _results_for_day(day, computation, levels, current.stamp):
            division = by_key.get(result.division_id)
            if division is not None and (current_boundaries or division.valid_from > period.as_of):
                yield period.month, result


def _results_for_day(
    day: datetime.date, computation: Computation, levels: Sequence[str], stamp: str
) -> list[PastResult]:
    finished = computation.finished_at.timestamp() if computation.finished_at else ""
    key = f"past-results:{computation.period_id}:{finished}:{day}:{stamp}:{'-'.join(levels)}"
    rows = kept(
        key,
        lambda: [
            (
                result.target.code,
                result.division_id,
                result.judged,
                result.reached,
                result.unknown,
                None if result.value is None else str(result.value),
                result.verdict,
            )
            for result in results_in_current_boundaries(computation.period, levels=levels, day=day)
        ],
    )
    return [PastResult(*row) for row in rows]


class _Map(NamedTuple):
    """The divisions of today: the day of the last change (`since`), and a text that differs after each change (`stamp`)."""

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
    # Communities may move to another town without any division opening or closing.
    changes = DivisionChange.objects.filter(applied_at__isnull=False).aggregate(
        number=Count("pk"), latest=Max("effective_on")
    )
    days = (divisions["opened"], divisions["closed"], changes["latest"])
    stamp = (divisions["newest"], divisions["number_closed"], divisions["urban"], changes["number"])
    return _Map(max(filter(None, days), default=BEGINNING), "-".join(map(str, stamp)))
