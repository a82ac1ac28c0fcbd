"""Read marks: set when a recipient opens an issue, and the one reminder of those who have not."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.utils import timezone

from changzhi_portal.rights import Actor
from notices.actions import Message, notify
from reports.models import Briefing, BriefingDelivery
from reports.titles import file_title

FIRST_HOUR = 8  # of the day (local time) at which reminders are sent


def mark_as_read(briefing: Briefing, by: Actor) -> bool:
    """Mark an issued edition as read by a recipient, once; return whether this was the first time."""
    if briefing.stage != Briefing.Stage.ISSUED:
        return False
    unread = BriefingDelivery.objects.filter(briefing=briefing, user_id=by.pk, read_at__isnull=True)
    return unread.exists() and bool(unread.update(read_at=timezone.now()))


def remind_of_unread(*, moment: datetime.datetime) -> int:
    """Remind recipients whose day has come, by a notice and a mail, once; return how many. Safe to run concurrently."""
    local = timezone.localtime(moment)
    if local.hour < FIRST_HOUR:
        return 0
    due = BriefingDelivery.objects.to_be_reminded(local.date()).filter(user__is_active=True)
    return sum(_remind(key) for key in due.values_list("pk", flat=True))


def _remind(key: int) -> bool:
    with transaction.atomic():
        unreminded = BriefingDelivery.objects.filter(pk=key, reminded_at__isnull=True, read_at__isnull=True)
        if not unreminded.update(reminded_at=timezone.now()):
            return False
        rows = BriefingDelivery.objects.select_related("user", "briefing__period", "briefing__division")
        delivery = rows.get(pk=key)
        briefing = delivery.briefing
        notify(
            [
                Message(
                    delivery.user,
                    f"{file_title(briefing)}还没有看，请打开查看",
                    f"{briefing.number_line}，{briefing.issued_on:%Y-%m-%d}印发。",
                    briefing.get_absolute_url(),
                    briefing.ref,
                    "briefing_unread",
                )
            ]
        )
    return True
