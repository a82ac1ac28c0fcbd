"""Finding a user whom one manages, locked, and saving it as a new version: what every action on users shares."""

from __future__ import annotations

from typing import Any

from accounts.actions.trail import log_change, state_of
from accounts.models import User
from changzhi_portal.refusals import NotFoundError, StaleError


def outranks(user: User, by: User) -> bool:
    """Return whether whoever enters the account of `user` may see personal data in clear, or grant it, and `by` may not.

    Who resets a password knows it until it is changed: so only who grants the right does that to such an account.
    """
    return not by.role.may_grant_unmasking and (user.may_unmask or user.role.may_grant_unmasking)


def held_user(ref: str, *, by: User, version: int) -> User:
    """Return a user that `by` manages, locked until the transaction ends.

    Raises NotFoundError for any other user, and StaleError for one who was changed since this version.
    """
    # Found first and locked by the key: a scope is looked up through other tables.
    key = User.objects.managed_by(by).filter(ref=ref).values_list("pk", flat=True).first()
    user = User.objects.select_for_update(of=("self",), no_key=True).select_related("division").filter(pk=key).first()
    if user is None:
        raise NotFoundError("没有找到这个用户。", cure="There is no such user among those the acting user manages.")
    if user.version != version:
        raise StaleError(
            f"您打开页面以后，“{user}”的账号有改动，没有保存；请重新打开这一页，看过现在的内容再办。",
            cure=f"The user is at version {user.version}, not {version}. Read it again.",
        )
    return user


def save_changed(user: User, *, by: User, before: dict[str, Any], summary: str) -> User:
    """Save a changed user as a new version and log it; nothing where nothing has changed."""
    if state_of(user) != before:
        user.version += 1
        user.save()
        log_change(by=by, user=user, before=before, summary=summary)
    return user
