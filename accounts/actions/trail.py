"""Logging changes of users in the one change log (docs/architecture.md, decision 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from accounts.models import User
from changelog.actions import begin_change_set, change_of, differing, log_changes
from changelog.models import SYSTEM_USER, ChangeSet
from changzhi_portal.personal_numbers import mask_personal_numbers
from communities.models import Division

_LOGGED: Final = (
    "username",
    "full_name",
    "role",
    "email",
    "may_unmask",
    "is_active",
    "password_set_at",
    "sessions_ended_at",
    "unlocked_at",
    "second_factor_set_at",
)
_CHANGED: Final = "（号码有改动）"


def state_of(user: User) -> dict[str, Any]:
    """Return what the log keeps of a user: never the password; the phone, which the log encrypts."""
    state = {name: getattr(user, name) for name in _LOGGED}
    state["role"] = str(user.role)
    return {**state, "division": user.division_id, "department": user.department_id, "phone": user.phone}


def log_change(*, by: User, user: User, before: Mapping[str, Any], summary: str) -> ChangeSet | None:
    """Log what differs between a user and the state `before`, as a change set of its own; None where nothing does.

    An empty `before` is that of a new user. The change belongs to the user's division, and makes no measure stale.
    """
    after = state_of(user)
    changed = differing(before, after)
    if not before:
        changed = {"before": {}, "after": {name: value for name, value in after.items() if value not in (None, "")}}
    if not changed["after"]:
        return None
    _mask_email(changed["before"], changed["after"])
    division = user.division
    change_set = begin_change_set(
        by=by, summary=f"{summary}：{in_words(user)}", division=division, affects_figures=False
    )
    log_changes(change_set, [change_of(user, division=division.pk, **changed)])
    return change_set


def log_new_users(*, by: User, users: Iterable[User], summary: str) -> None:
    """Log that several users were created, as one change set of the division of `by`."""
    change_set = begin_change_set(by=by, summary=summary, affects_figures=False)
    changes = []
    for user in users:
        after = {name: value for name, value in state_of(user).items() if value not in (None, "")}
        _mask_email({}, after)
        changes.append(change_of(user, division=user.division.pk, before={}, after=after))
    log_changes(change_set, changes)


def in_words(user: User) -> str:
    """Return who a user is, for sentences: 王某（wang），县区填报员，城区."""
    return f"{user.full_name or '未填姓名'}（{user.username}），{user.role.label}，{user.division.full_name}"


def portal_itself() -> User:
    """Return the user that the log names where no person has acted, such as for a command; it cannot sign in.

    Raises Division.DoesNotExist before the divisions are loaded.
    """
    found = User.objects.filter(username=SYSTEM_USER).select_related("division").first()
    if found is not None:
        return found
    city = Division.objects.filter(level=Division.Level.CITY).order_by("pk")[0:1].get()
    user = User(username=SYSTEM_USER, full_name="系统", role="bureau_admin", division=city, is_active=False)
    user.set_unusable_password()
    user.save()
    return user


def _mask_email(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Mask an e-mail address that is a mobile number (138…@…), as numbers stand nowhere in the log in clear."""
    if "email" not in after:
        return
    old, new = (mask_personal_numbers(values.get("email") or "") for values in (before, after))
    after["email"] = f"{new}{_CHANGED}" if before and old == new else new
    if before:
        before["email"] = old
