"""Sign-ins, failed ones, lock-outs and sign-outs in the trail: Django and django-axes tell of them by signals."""

from __future__ import annotations

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from accounts.models import User
from changelog.trail import TrailKind, record_event


@receiver(user_logged_in)
def record_sign_in(user: User, **kwargs: Any) -> None:
    """Record a sign-in."""
    record_event(TrailKind.SIGNED_IN, by=user)


@receiver(user_logged_out)
def record_sign_out(user: User | None, **kwargs: Any) -> None:
    """Record a sign-out; that of a session which had ended already says nothing."""
    if user is not None:
        record_event(TrailKind.SIGNED_OUT, by=user)


@receiver(user_login_failed)
def record_failure(credentials: dict[str, Any], **kwargs: Any) -> None:
    """Record a wrong name or password."""
    _record_stranger(TrailKind.SIGN_IN_FAILED, str(credentials.get("username") or ""))


@receiver(user_locked_out)
def record_lock_out(username: str | None = None, **kwargs: Any) -> None:
    """Record that wrong passwords have locked a name out, or that it was tried while it was locked out."""
    _record_stranger(TrailKind.LOCKED_OUT, username or "")


def _record_stranger(kind: TrailKind, username: str) -> None:
    """Record what somebody did who has not signed in; it belongs to the division of the user whose name was typed."""
    user = User.objects.select_related("division").filter(username=username[:150]).first()
    record_event(
        kind,
        username=username,
        division=None if user is None else user.division,
        about=user,
    )
