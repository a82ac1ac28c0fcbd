"""Months as the calendar pages show them: number of reports, computation, and changes since the lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from changzhi_portal.rights import Actor
from communities.models import Division
from periods.models import ReportingPeriod
from revisions.models import LockedChange
from submissions.models import Submission
from submissions.report_status import is_in_effect_on
from targets.models import Computation


@dataclass(frozen=True)
class MonthLine:
    """One month of the list, with the numbers in one user's scope."""

    period: ReportingPeriod
    expected: int  # counties on its last day
    reported: int  # counties whose report is submitted or accepted
    computation: Any  # with `is_stale`; None if never measured
    later_changes: int  # communities and divisions that differ if the locked month is computed again


def month_lines(periods: Sequence[ReportingPeriod], user: Actor) -> list[MonthLine]:
    """Return the lines of some months, in a fixed number of queries."""
    counties = list(Division.objects.counties().visible_to(user))
    reported = _counted(Submission.objects.visible_to(user).reported().filter(period__in=periods), "period")
    changed = _counted(
        LockedChange.objects.visible_to(user).filter(comparison__period__in=periods), "comparison__period"
    )
    computed = Computation.objects.filter(period__in=periods, finished_at__isnull=False).with_staleness()
    computation_of = {computation.period_id: computation for computation in computed}
    return [
        MonthLine(
            period=period,
            expected=sum(is_in_effect_on(county, period.as_of) for county in counties),
            reported=reported.get(period.pk, 0),
            computation=computation_of.get(period.pk),
            later_changes=changed.get(period.pk, 0),
        )
        for period in periods
    ]


def _counted(rows: Any, column: str) -> dict[int, int]:
    return dict(rows.order_by().values_list(column).annotate(number=Count("pk")))
