"""Notices of sign-ins that a user or the administrators should know of (`accounts.alerts`)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from accounts.alerts import Alert, AlertChannel
from notices.actions import Message, notify


def notify_of(alerts: Sequence[Alert]) -> None:
    """Write a notice for each alert; its e-mail holds the title alone."""
    with transaction.atomic():
        notify(
            Message(user=each.user, title=each.title, text=each.text, url=each.url, kind="sign_in") for each in alerts
        )


NOTICES = AlertChannel(notify_of)
