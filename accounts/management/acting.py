"""In whose name a command acts: the user of its `--as`."""

from __future__ import annotations

from accounts.models import User
from changzhi_portal.refusals import NotFoundError


def acting_user(username: str) -> User:
    """The user who is named, with the division. Raises NotFoundError for an unknown one, or who may not sign in any more."""
    user = User.objects.at_work().select_related("division").filter(username=username).first()
    if user is None:
        raise NotFoundError(
            f"没有可用的账号“{username}”，请核对用户名。",
            cure=f"There is no active user {username!r}. Check --as, or run: manage.py create_staff",
            field="as",
        )
    return user
