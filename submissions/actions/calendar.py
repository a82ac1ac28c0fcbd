"""The calendar: opening months, and recomputing lateness when a due day changes (docs/domain.md §6)."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.utils import timezone

from changelog.actions import change_of, log_changes
from changelog.models import ChangeSet
from periods.models import ReportingPeriod, month_after
from submissions.models import Submission

# The number of future months in the calendar, whose dates can be seen and changed.
MONTHS_AHEAD = 2


def open_due_months(*, day: datetime.date) -> int:
    """Open the months whose opening day has come, create the next MONTHS_AHEAD months; return how many were opened.

    Idempotent; locked months stay locked. Months that began while nobody called this, because beat was away, are created
    and opened too, the oldest first.
    """
    this_month = day.replace(day=1)
    due = ReportingPeriod.objects.filter(state=ReportingPeriod.State.UPCOMING, opens_on__lte=day)
    # This action alone creates upcoming months, and it opens them in time. An older one says since when it was not called;
    # a month of long ago that an upload has brought in says nothing, for it was open at once.
    stood_still_at = due.order_by("month").values_list("month", flat=True).first()
    first = min(stood_still_at or this_month, this_month)
    last = month_after(this_month, MONTHS_AHEAD)
    known = set(ReportingPeriod.objects.filter(month__range=(first, last)).values_list("month", flat=True))
    created, month = [], first
    while month <= last:
        if month not in known:
            created.append(ReportingPeriod.objects.for_month(month))
        month = month_after(month)
    with transaction.atomic():
        opened = due.update(state=ReportingPeriod.State.OPEN)
    return opened + sum(period.state == ReportingPeriod.State.OPEN for period in created)


def recompute_lateness(*, period: ReportingPeriod, change_set: ChangeSet) -> None:
    """Update `is_late` of a month's submissions for its present due day; log the changes into `change_set`.

    Must run in the transaction that changes the due day.
    """
    changed = []
    for submission in Submission.objects.for_period(period).with_steps():
        first: datetime.datetime | None = submission.first_submitted_at
        is_late = first is not None and timezone.localdate(first) > period.due_on
        if is_late != submission.is_late:
            submission.is_late = is_late
            changed.append(submission)
    Submission.objects.bulk_update(changed, ["is_late"])
    log_changes(
        change_set,
        [
            change_of(
                submission,
                division=submission.county_id,
                before={"is_late": not submission.is_late},
                after={"is_late": submission.is_late},
            )
            for submission in changed
        ],
    )
