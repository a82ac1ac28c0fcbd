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


def record_failure(username: str, user: User | None) -> None:
    """Record a wrong name or password; `user` is whose name was typed, if anybody's."""
    _record_stranger(TrailKind.SIGN_IN_FAILED, username, user)


def record_lock_out(username: str, user: User | None, closed: str) -> None:
    """Record that wrong passwords or codes have closed a count of attempts for a name; `closed` is the count's limit.

    Attempts that are refused while it is closed are not recorded: a flood would fill the trail.
    """
    _record_stranger(TrailKind.LOCKED_OUT, username, user, detail={"limit": closed})


def record_second_step(user: User, what: str) -> None:
    """Record what somebody did who has given the right password of a user, but no right code: it may be somebody else.

    `what` is `code_asked` in a browser that the user has not signed in with before, or `wrong_code`.
    """
    _record_stranger(TrailKind.SECOND_FACTOR, user.username, user, detail={"what": what})


def _record_stranger(kind: TrailKind, username: str, user: User | None, detail: dict[str, Any] | None = None) -> None:
    """Record what somebody did who has not signed in; it belongs to the division of the user whose name was typed."""
    division = None if user is None else user.division
    record_event(kind, username=username, division=division, about=user, detail=detail)
