"""The user that a command acts as, given by its option `--as`."""

from __future__ import annotations

from structlog.contextvars import bind_contextvars

from accounts.models import User
from changzhi_portal.refusals import NotFoundError


def acting_user(username: str) -> User:
    """Return the active user with this name, division loaded, and add the user's id to all further log lines.

    Raises NotFoundError for an unknown or inactive user.
    """
    user = User.objects.active().select_related("division").filter(username=username).first()
    if user is None:
        raise NotFoundError(
            f"没有可用的账号“{username}”，请核对用户名。",
            cure=f"There is no active user {username!r}. Check --as, or run: manage.py create_staff",
            field="as",
        )
    bind_contextvars(user_id=user.pk)
    return user
