"""What users and administrators are told of sign-ins that they should know of.

What tells them lies to the right of this app. It declares itself in `<app>/alerts.py`:

    NOTICES = AlertChannel(notify_of)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounts.limits import ALERTS
from accounts.models import User
from changzhi_portal.discovery import instances_in


@dataclass(frozen=True, slots=True)
class Alert:
    """A sentence for one user. `title` goes by e-mail, too, and holds neither name nor address of anybody."""

    user: User
    title: str
    text: str
    url: str


@dataclass(frozen=True)
class AlertChannel:
    """A way to tell users: a function that takes alerts."""

    send: Callable[[Sequence[Alert]], None]


def send_alerts(alerts: Sequence[Alert]) -> None:
    """Tell users by every way that there is."""
    for channel in instances_in("alerts", AlertChannel):
        channel.send(alerts)


def send_once_an_hour(about: str, alerts: Callable[[], Sequence[Alert]]) -> None:
    """Tell users, unless they were told about the same within the hour. `alerts` is called only then."""
    if ALERTS.of(about).take():
        send_alerts(alerts())
