"""Sign-ins, failed ones, lock-outs and sign-outs in the trail."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from changelog.trail import TrailKind, record_event


def record_sign_in(user: User) -> None:
    """Record a sign-in."""
    record_event(TrailKind.SIGNED_IN, by=user)


def record_sign_out(user: User) -> None:
    """Record a sign-out."""
    record_event(TrailKind.SIGNED_OUT, by=user)


def record_failure(username: str) -> None:
    """Record a wrong name or password."""
    _record_stranger(TrailKind.SIGN_IN_FAILED, username)


def record_lock_out(username: str, closed: str) -> None:
    """Record that wrong passwords or codes have closed a count of attempts for a name; `closed` is the count's limit.

    Attempts that are refused while it is closed are not recorded: a flood would fill the trail.
    """
    _record_stranger(TrailKind.LOCKED_OUT, username, detail={"limit": closed})


def _record_stranger(kind: TrailKind, username: str, detail: dict[str, Any] | None = None) -> None:
    """Record what somebody did who has not signed in; it belongs to the division of the user whose name was typed."""
    user = User.objects.select_related("division").filter(username=username[:150]).first()
    record_event(
        kind,
        username=username,
        division=None if user is None else user.division,
        about=user,
        detail=detail,
    )
