"""Who had which rights at the end of a day, read backwards from the change log of users.

What a role may do is that of today's release; what may have been otherwise is who had which role.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils import timezone

from accounts.models import Department, Role, User
from audit.forms import RIGHTS
from changelog.models import ChangeRecord
from changzhi_portal.rights import Actor, has_right
from changzhi_portal.scope import scope_path_of
from communities.models import Division
from periods.models import beginning_of

_KEPT = ("role", "may_unmask", "is_active", "full_name", "division", "department")
# Kept as the keys of the records that they refer to.
_REFERENCES = ("division", "department")


@dataclass(frozen=True)
class HeldRights:
    """One user with what held at the end of the day, and what is otherwise today."""

    user: User
    full_name: str
    role: Role
    division: Division
    department: Department | None
    may_unmask: bool
    is_active: bool
    today: tuple[str, ...]  # what differs today, in words

    @cached_property
    def _as_then(self) -> User:
        return User(role=self.role, may_unmask=self.may_unmask)

    @property
    def office(self) -> str:
        """Return the division, with the department of those who act for one."""
        return (
            self.division.full_name if self.department is None else f"{self.division.full_name}{self.department.name}"
        )

    def has(self, right: str) -> bool:
        """Return whether the user had a right; `right` is a name of RIGHTS."""
        return has_right(self._as_then, right)

    @property
    def rights(self) -> list[str]:
        """Return the rights in words, those of the role and the user's own."""
        return [title for name, title in RIGHTS.items() if self.has(name)]


def rights_on(day: datetime.date, viewer: Actor) -> list[HeldRights]:
    """Return the users who existed at the end of `day` and belonged to the viewer's area on that day, by place and name.

    The whole log is read, whoever may see its single changes: where somebody was on that day says who may see it now.
    Four queries.
    """
    scope = scope_path_of(viewer)
    if scope is None:
        return []
    end = beginning_of(day + datetime.timedelta(days=1))
    earlier = _values_before(end) if day < timezone.localdate() else {}
    places = {division.pk: division for division in Division.objects.select_related("parent")}
    offices = Department.objects.in_bulk()
    found = []
    for user in User.objects.people().filter(date_joined__lt=end).order_by("username"):
        then = earlier.get(user.pk, {})
        if then is None:
            continue  # created since
        now = {name: getattr(user, f"{name}_id" if name in _REFERENCES else name) for name in _KEPT}
        held = now | then
        division = places[held["division"]]
        if division.path.startswith(scope):
            found.append(_held(user, held, now, places, offices))
    return sorted(found, key=lambda each: (each.division.path, each.user.username))


def _values_before(end: datetime.datetime) -> dict[int, dict[str, Any] | None]:
    """Return by user what was changed since `end`, with the values of before; None for a user who was created since."""
    since = ChangeRecord.objects.filter(model=User._meta.label_lower, change_set__made_at__gte=end)
    found: dict[int, dict[str, Any] | None] = {}
    # The oldest change last, so that its values stand in the end.
    for key, kind, before in since.order_by("-id").values_list("object_id", "kind", "before"):
        if kind == ChangeRecord.Kind.CREATED:
            found[key] = None
            continue
        known = found.get(key) or {}
        found[key] = known | {name: before[name] for name in _KEPT if name in before}
    return found


def _held(
    user: User,
    held: dict[str, Any],
    now: dict[str, Any],
    places: dict[int, Division],
    offices: dict[int, Department],
) -> HeldRights:
    differs = []
    if held["role"] != now["role"]:
        differs.append(f"现为{Role(now['role']).label}")
    if held["division"] != now["division"]:
        differs.append(f"现属{places[now['division']].full_name}")
    if held["department"] != now["department"]:
        differs.append(f"现在{offices[now['department']].name}" if now["department"] else "现不属任何部门")
    if held["may_unmask"] != now["may_unmask"]:
        differs.append("现可查看原文" if now["may_unmask"] else "现不可查看原文")
    if held["is_active"] != now["is_active"]:
        differs.append("现在用" if now["is_active"] else "现已停用")
    return HeldRights(
        user=user,
        full_name=held["full_name"],
        role=Role(held["role"]),
        division=places[held["division"]],
        department=offices.get(held["department"]),
        may_unmask=bool(held["may_unmask"]),
        is_active=bool(held["is_active"]),
        today=tuple(differs),
    )
