"""What belongs to the moves of an edition (`reports.flow`): deliveries are made with the issue, and cancelled with its withdrawal."""

from __future__ import annotations

import datetime

from django.utils import timezone

from accounts.models import User
from changzhi_portal.records import new_ref
from notices.actions import Message, notify
from periods.workdays import deadline
from reports.delivery.mail import message_id_of
from reports.jobs import MAIL
from reports.models import Briefing, BriefingDelivery, BriefingSettings
from reports.titles import file_title

State = BriefingDelivery.State


def begin_deliveries(briefing: Briefing) -> list[BriefingDelivery]:
    """Create and return the deliveries of an edition that is being issued, and queue their mails.

    Must run inside the transaction that issues it. Recipients who may not see the division any more are left out.
    """
    now, remind_on = timezone.now(), _remind_on(briefing)
    recipients = User.objects.who_may("may_see_figures", briefing.division)
    deliveries = BriefingDelivery.objects.bulk_create(
        _delivery(briefing, user, now, remind_on)
        for user in recipients.filter(briefing_recipients__division=briefing.division).order_by("pk")
    )
    for delivery in deliveries:
        if delivery.state == State.WAITING:
            MAIL.announce(delivery.pk)
    return deliveries


def _delivery(
    briefing: Briefing, user: User, now: datetime.datetime, remind_on: datetime.date | None
) -> BriefingDelivery:
    values = MAIL.queued() if user.email else {"state": State.NONE}
    ref = new_ref()
    return BriefingDelivery(
        ref=ref,
        briefing=briefing,
        user=user,
        message_id=message_id_of(ref),
        next_at=now,
        remind_on=remind_on,
        **values,
    )


def _remind_on(briefing: Briefing) -> datetime.date | None:
    """Return the day on which those who have not read it are reminded; None where nobody is."""
    chosen = BriefingSettings.objects.filter(division=briefing.division).first() or BriefingSettings()
    return None if chosen.unread_workdays is None else deadline(timezone.localdate(), chosen.unread_workdays)


def cancel_deliveries(briefing: Briefing, reason: str) -> None:
    """Cancel the mails of a withdrawn edition that are not handed over, and tell who has got it. Inside the withdrawal's transaction.

    A worker that is just connecting loses its claim, and does not hand the mail over.
    """
    rows = BriefingDelivery.objects.filter(briefing=briefing)
    locked = list(rows.select_for_update(of=("self",)).select_related("user"))
    told = set(rows.received().values_list("pk", flat=True))
    rows.filter(state__in=[State.NONE, State.WAITING, State.SENDING, State.FAILED]).update(
        state=State.CANCELLED, claim_token=""
    )
    notify(
        Message(
            each.user,
            f"{file_title(briefing)}已撤回，请不要再使用",
            f"撤回原因：{reason}",
            briefing.get_absolute_url(),
            briefing.ref,
            "briefing_withdrawn",
        )
        for each in locked
        if each.pk in told
    )
