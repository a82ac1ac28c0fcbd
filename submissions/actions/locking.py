"""Locking a month, reopening it, changing its dates (docs/domain.md §6). All of these are logged.

The frozen figures are rows of their own (community and division measures, results, the computation and the change sets it
consumed). Only computing writes them, and it refuses a locked month. So locking sets the month's state, under the row
lock that computing takes too, after updating the figures in the same snapshot.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from changelog.actions import begin_change_set, change_of, differing, log_changes
from changelog.models import ChangeSet
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, LockedError, NotAllowedError, StaleError
from changzhi_portal.rights import Actor
from communities.models import Division
from periods.models import ReportingPeriod
from revisions.actions import delete_comparison
from submissions.actions.calendar import recompute_lateness
from submissions.models import Submission
from submissions.report_status import reporting_counties
from targets.actions.measuring import (
    compute_in_snapshot,
    in_one_snapshot,
    lock_period_row,
    refresh_in_snapshot,
)
from targets.models import Computation

REASON_LENGTH = 200
_LOGGED = ("state", "opens_on", "due_on", "late_until", "reopened_reason")


@dataclass(frozen=True)
class Outstanding:
    """A county whose report of the month has not been accepted, with the report's state."""

    county: Division
    state: str

    @property
    def label(self) -> str:
        """Return the label of the state: 未上报, 已上报, 已退回."""
        return str(Submission.State(self.state).label)


@dataclass(frozen=True)
class LockOutcome:
    """The outcome of locking a month: whether its figures were computed first, and the counties not accepted."""

    period: ReportingPeriod
    was_recomputed: bool
    outstanding: list[Outstanding]


def outstanding_counties(period: ReportingPeriod) -> list[Outstanding]:
    """Return the counties of a month whose report has not been accepted, by code. They do not prevent locking."""
    states = dict(Submission.objects.filter(period=period).values_list("county_id", "state"))
    counties = [
        Outstanding(county, states.get(county.pk, Submission.State.NOT_STARTED))
        for county in reporting_counties(period)
    ]
    return [each for each in counties if each.state != Submission.State.ACCEPTED]


def lock_period(*, period: ReportingPeriod, by: Actor) -> LockOutcome:
    """Lock a month after updating its figures, the daily ones too; changes committed meanwhile count as later than the lock.

    Raises NotAllowedError for a user without the right, StaleError for a month that is locked already or has not ended,
    NotFoundError if no plan is in force; nothing is changed then.
    """
    _refuse_unless_allowed(by)
    with transaction.atomic():
        # Wait for a transaction that is computing the month, so that the snapshot below contains its figures.
        lock_period_row(period)
    return in_one_snapshot(lambda: _lock(lock_period_row(period), by))


def _lock(period: ReportingPeriod, by: Actor) -> LockOutcome:
    if period.is_locked:
        raise StaleError(
            f"{period}已经锁定，不用再锁。", cure=f"The period {period.code} is locked already. Nothing was changed."
        )
    if period.as_of > timezone.localdate():
        raise StaleError(
            f"{period}还没有结束，数据要到月末才定，请过了月末再锁定。",
            cure=f"The period {period.code} ends on {period.as_of}. Lock it after that day.",
        )
    is_stale = not Computation.objects.is_up_to_date(period)
    if is_stale:
        compute_in_snapshot(period)
    else:
        refresh_in_snapshot(period)
    before = _logged_values(period)
    period.state = ReportingPeriod.State.LOCKED
    period.locked_at, period.locked_by_id = timezone.now(), by.pk
    period.reopened_reason = ""
    period.save(update_fields=["state", "locked_at", "locked_by", "reopened_reason"])
    _log(period, before, by=by, summary=f"锁定{period}")
    return LockOutcome(period, is_stale, outstanding_counties(period))


def reopen_period(*, period: ReportingPeriod, by: Actor, reason: str) -> ReportingPeriod:
    """Reopen a locked month, which is then computed like any open month, with the changes since the lock.

    The reason is stored on the month until it is locked again, and in the change log. Raises NotAllowedError for a user
    without the right, StaleError for a month that is not locked, InvalidError for a missing or too long reason.
    """
    _refuse_unless_allowed(by)
    reason = _cleaned_reason(reason)
    with transaction.atomic():
        period = lock_period_row(period)
        if not period.is_locked:
            raise StaleError(
                f"{period}没有锁定，不用重新开放。",
                cure=f"The period {period.code} is not locked. Nothing was changed.",
            )
        before = _logged_values(period)
        period.state = ReportingPeriod.State.OPEN
        period.locked_at = period.locked_by = None
        period.reopened_reason = reason
        period.save(update_fields=["state", "locked_at", "locked_by", "reopened_reason"])
        delete_comparison(period)
        _log(period, before, by=by, summary=f"重新开放{period}：{reason}")
    return period


def change_dates(
    *,
    period: ReportingPeriod,
    by: Actor,
    opens_on: datetime.date,
    due_on: datetime.date,
    late_until: datetime.date,
) -> ReportingPeriod:
    """Change the dates of a month: its opening day, due day, and last day for late reports.

    Raises NotAllowedError for a user without the right, LockedError for a locked month, InvalidError for dates out of
    order.
    """
    _refuse_unless_allowed(by)
    with transaction.atomic():
        period = lock_period_row(period)
        if period.is_locked:
            raise LockedError(
                f"{period}已锁定，填报日期不能再改；如需修改，请先重新开放。",
                cure=f"The period {period.code} is locked. Reopen it first.",
            )
        before = _logged_values(period)
        period.opens_on, period.due_on, period.late_until = opens_on, due_on, late_until
        try:
            period.validate_constraints()
        except ValidationError as error:
            raise InvalidError(error.messages[0], cure=f"The dates of {period.code} are out of order.") from error
        if _logged_values(period) != before:
            period.save(update_fields=["opens_on", "due_on", "late_until"])
            change_set = _log(period, before, by=by, summary=f"修改{period}填报日期")
            recompute_lateness(period=period, change_set=change_set)
    return period


def _refuse_unless_allowed(by: Actor) -> None:
    if not by.role.may_manage_periods:
        raise NotAllowedError(
            "锁定、重新开放和修改日期由市局管理员办理，请联系市局管理员。",
            cure=f"The role of {by.username} ({by.role}) may not do this; a bureau_admin may.",
        )


def _cleaned_reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise InvalidError(
            "请写明重新开放的原因，会记入锁定记录。", cure="A reason is needed: --reason TEXT", field="reason"
        )
    if len(reason) > REASON_LENGTH:
        raise InvalidError(
            f"原因请控制在{REASON_LENGTH}个字以内，现在有{len(reason)}个字。",
            cure=f"The reason may have at most {REASON_LENGTH} characters; it has {len(reason)}.",
            field="reason",
        )
    refuse_personal_numbers(reason, what="原因", field="reason")
    return reason


def _logged_values(period: ReportingPeriod) -> dict[str, Any]:
    return {name: getattr(period, name) for name in _LOGGED}


def _log(period: ReportingPeriod, before: dict[str, Any], *, by: Actor, summary: str) -> ChangeSet:
    """Log the changed values of a period in a change set, which makes no measure stale."""
    change_set = begin_change_set(by=by, summary=summary, affects_figures=False)
    changed = differing(before, _logged_values(period))
    log_changes(change_set, [change_of(period, division=by.division.pk, **changed)])
    return change_set
