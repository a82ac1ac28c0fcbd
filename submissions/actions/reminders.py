"""Reminding counties of an unreported month (催报): by hand, and automatically around its due day.

The transaction that inserts the reminder's row also writes the notices. A concurrent one inserts nothing (unique
constraints), so nobody is notified twice.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from changzhi_portal.records import new_ref
from changzhi_portal.refusals import NotAllowedError, StaleError
from changzhi_portal.rights import Actor
from changzhi_portal.scope import paths_above
from communities.models import Division
from notices.actions import Message, notify
from periods.models import ReportingPeriod
from submissions.actions.submitting import submission_url
from submissions.models import Reminder, Submission
from submissions.report_status import Phase, deadline_text, month_status, phase_of, reporting_counties

Occasion = Reminder.Occasion
# The first hour of the day (local time) at which automatic reminders are sent.
FIRST_HOUR = 8


def remind_counties(
    *, period: ReportingPeriod, by: Actor, counties: Sequence[Division] | None = None, day: datetime.date | None = None
) -> list[Reminder]:
    """Remind the clerks of some counties, by default of all that have not reported, and return the reminders sent.

    Counties that have reported, or were reminded by hand on the same day, are skipped. Raises NotAllowedError for a role
    that may not review, StaleError for a month that is not open.
    """
    if not by.role.may_review:
        raise NotAllowedError("您的角色不能催报，请联系市局业务员。", cure=f"The role of {by.username} may not remind.")
    day = day or timezone.localdate()
    if phase_of(period, day) in (Phase.LOCKED, Phase.NOT_OPEN):
        raise StaleError(f"{period}现在不能上报，不用催报。", cure=f"{period.code} is not open.")
    chosen = reporting_counties(period).visible_to(by)
    if counties is not None:
        chosen = chosen.filter(pk__in=[county.pk for county in counties])
    return _remind(month_status(period, chosen).unreported, Occasion.BY_HAND, day, asked_by=by)


def remind_automatically(*, moment: datetime.datetime) -> list[Reminder]:
    """Send the automatic reminders of `moment`, one before and one after the due day of a month. Idempotent.

    After days without beat, only reminders that still apply are sent: none for a due day that has passed as coming, none
    for a month that only the bureau may still report.
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
        sent += _remind(status.unreported, occasion, day, asked_by=None)
    return sent


def _remind(
    unreported: Sequence[Submission], occasion: Occasion, day: datetime.date, *, asked_by: Actor | None
) -> list[Reminder]:
    """Insert the reminders that do not exist yet, write their notices, and return them."""
    if not unreported:
        return []
    claim = new_ref()
    rows = [
        Reminder(
            period=submission.period,
            county=submission.county,
            occasion=occasion,
            day=day,
            asked_by_id=asked_by.pk if asked_by is not None else None,
            claim=claim,
        )
        for submission in unreported
    ]
    with transaction.atomic():
        Reminder.objects.bulk_create(rows, ignore_conflicts=True)
        sent = list(Reminder.objects.filter(claim=claim).select_related("county", "period").order_by("county__code"))
        _notify_clerks(sent, {submission.county_id: submission for submission in unreported}, day)
    return sent


def _notify_clerks(reminders: Sequence[Reminder], submissions: dict[int, Submission], day: datetime.date) -> None:
    clerks = list(User.objects.clerks_of([reminder.county for reminder in reminders]).select_related("division"))
    messages = []
    for reminder in reminders:
        above = set(paths_above(reminder.county.path))
        notified = [clerk for clerk in clerks if clerk.division.path in above]
        reminder.notices = len(notified)
        messages += [_message(reminder, submissions[reminder.county_id], clerk, day) for clerk in notified]
    notify(messages)
    Reminder.objects.bulk_update(reminders, ["notices"])


def _message(reminder: Reminder, submission: Submission, clerk: User, day: datetime.date) -> Message:
    """Return the notice to one clerk: the state of the report, the deadline, and the note of a returned report."""
    state = "被退回后还没有重新上报" if submission.state == Submission.State.RETURNED else "还没有上报"
    title = f"{reminder.county.name}{reminder.period}{state}，{deadline_text(reminder.period, day)}"
    text = f"退回意见：{submission.return_note}" if submission.state == Submission.State.RETURNED else ""
    return Message(clerk, title, text, submission_url(submission), submission.ref)
