"""Reminding counties of a month that is not reported (催报): by hand, and by itself around the day it is due.

The reminder's row is what keeps anybody from being told twice: whoever inserts it sends the notices, in the same
transaction; everybody else finds it there and sends nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User, paths_above
from changzhi_portal.records import new_ref
from changzhi_portal.refusals import NotAllowedError, StaleError
from communities.models import Division
from notices.actions import Message, notify
from periods.models import ReportingPeriod
from submissions.actions.submitting import submission_url
from submissions.models import Reminder, Submission
from submissions.report_status import Phase, deadline_text, month_status, phase_of, reporting_counties

Occasion = Reminder.Occasion
# Nobody is reminded in the middle of the night.
FIRST_HOUR = 8


def remind_counties(
    *, period: ReportingPeriod, by: Any, counties: Sequence[Division] | None = None, day: datetime.date | None = None
) -> list[Reminder]:
    """Remind the clerks of some counties, or of all that owe a month, at the request of the bureau.

    A county that has reported, or was reminded by hand on the same day, is left alone; what comes back are the
    reminders that were sent. Raises PortalError for a role that may not, and a month that is not open.
    """
    if not by.role.may_review:
        raise NotAllowedError("您的角色不能催报，请联系市局业务员。", cure=f"The role of {by.username} may not remind.")
    day = day or timezone.localdate()
    if phase_of(period, day) in (Phase.LOCKED, Phase.NOT_OPEN):
        raise StaleError(f"{period}现在不能上报，不用催报。", cure=f"{period.code} is not open.")
    wanted = reporting_counties(period).visible_to(by)
    if counties is not None:
        wanted = wanted.filter(pk__in=[county.pk for county in counties])
    owing = month_status(period, wanted).owing
    return _remind(owing, Occasion.BY_HAND, day, asked_by=by)


def remind_automatically(*, moment: datetime.datetime) -> list[Reminder]:
    """Remind every county that owes a month which is due soon, or was due; once each. Safe to run any time, twice too.

    A beat that stood still for days makes up for what is still of use: nobody is told that a day which has passed is
    coming, nor of a month that only the bureau can still report.
    """
    local = timezone.localtime(moment)
    if local.hour < FIRST_HOUR:
        return []
    day = local.date()
    soon = day + datetime.timedelta(days=settings.REMIND_DAYS_BEFORE)
    sent: list[Reminder] = []
    for period in ReportingPeriod.objects.open().filter(due_on__lte=soon, late_until__gte=day, opens_on__lte=day):
        occasion = Occasion.DUE_SOON if day <= period.due_on else Occasion.OVERDUE
        status = month_status(period, reporting_counties(period))
        sent += _remind(status.owing, occasion, day, asked_by=None)
    return sent


def _remind(owing: Sequence[Submission], occasion: Occasion, day: datetime.date, *, asked_by: Any) -> list[Reminder]:
    """Claim the reminders by inserting their rows, and write the notices of those that were claimed."""
    if not owing:
        return []
    claim = new_ref()
    rows = [
        Reminder(
            period=submission.period,
            county=submission.county,
            occasion=occasion,
            day=day,
            asked_by=asked_by,
            claim=claim,
        )
        for submission in owing
    ]
    with transaction.atomic():
        Reminder.objects.bulk_create(rows, ignore_conflicts=True)
        mine = list(Reminder.objects.filter(claim=claim).select_related("county", "period").order_by("county__code"))
        _notify_clerks(mine, {submission.county_id: submission for submission in owing}, day)
    return mine


def _notify_clerks(reminders: Sequence[Reminder], owing: dict[int, Submission], day: datetime.date) -> None:
    clerks = list(User.objects.clerks_of([reminder.county for reminder in reminders]).select_related("division"))
    messages = []
    for reminder in reminders:
        above = set(paths_above(reminder.county.path))
        told = [clerk for clerk in clerks if clerk.division.path in above]
        reminder.notices = len(told)
        messages += [_message(reminder, owing[reminder.county_id], clerk, day) for clerk in told]
    notify(messages)
    Reminder.objects.bulk_update(reminders, ["notices"])


def _message(reminder: Reminder, submission: Submission, clerk: User, day: datetime.date) -> Message:
    """What one clerk is told: what is missing, until when, and why it was returned."""
    state = "被退回后还没有重新上报" if submission.state == Submission.State.RETURNED else "还没有上报"
    title = f"{reminder.county.name}{reminder.period}{state}，{deadline_text(reminder.period, day)}"
    text = f"退回意见：{submission.return_note}" if submission.state == Submission.State.RETURNED else ""
    return Message(clerk, title, text, submission_url(submission), submission.ref)
