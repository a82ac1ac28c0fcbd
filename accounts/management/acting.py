"""In whose name a command acts: the user of its `--as`."""

from __future__ import annotations

from structlog.contextvars import bind_contextvars

from accounts.models import User
from changzhi_portal.refusals import NotFoundError


def acting_user(username: str) -> User:
    """Return the user who is named, with the division, whose id the command's log lines name from here on.

    Raises NotFoundError for an unknown one, or who may not sign in any more.
    """
    user = User.objects.at_work().select_related("division").filter(username=username).first()
    if user is None:
        raise NotFoundError(
            f"没有可用的账号“{username}”，请核对用户名。",
            cure=f"There is no active user {username!r}. Check --as, or run: manage.py create_staff",
            field="as",
        )
    bind_contextvars(user_id=user.pk)
    return user
