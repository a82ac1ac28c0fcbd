"""Creating and updating users from the command line, before anybody can sign in and manage them in pages."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import transaction

from accounts.actions.checks import (
    known_role,
    lock_administrators,
    refuse_last_administrator,
    refuse_taken_name,
    refuse_weak_password,
    refuse_wrong_fields,
    refuse_wrong_level,
)
from accounts.actions.departments import department_for
from accounts.actions.passwords import generate_password, set_password
from accounts.actions.trail import log_change, portal_itself, state_of
from accounts.models import Department, Role, User
from changzhi_portal.refusals import InvalidError
from communities.models import Division


@dataclass(frozen=True, slots=True)
class AppointedStaff:
    """The result of `appoint_staff`. `generated_password` is "" when none was generated."""

    user: User
    is_new: bool
    generated_password: str = field(repr=False)


def _department(user: User, role: Role, name: str) -> Department | None:
    """Return the department of the user's division with this name, or without a name the present one there, if any.

    Raises InvalidError for a name that no department in use has, which lists those that there are.
    """
    if not name:
        present = user.department if role is Role.DEPARTMENT_CLERK else None
        return present if present is not None and present.division_id == user.division.pk else None
    there = Department.objects.active().filter(division=user.division)
    found = there.filter(name=name.strip()).first()
    if found is None:
        names = "、".join(there.values_list("name", flat=True)) or "没有"
        raise InvalidError(
            f"{user.division.name}没有“{name}”这个部门，现有的是：{names}。",
            cure=f"{user.division.code} has no department {name!r}; it has: {names}. Add it in the pages first.",
            field="department",
        )
    return found


@transaction.atomic
def appoint_staff(
    *,
    username: str,
    role: str,
    division_code: str,
    password: str | None = None,
    full_name: str = "",
    email: str = "",
    department: str = "",
    must_change_password: bool = True,
) -> AppointedStaff:
    """Create the user, or set role and division of an existing user.

    A new user without `password` gets a generated one. For an existing user a `password`, `full_name` or `email` (to which
    notices are sent) that is not given is not changed, and an inactive user becomes active. A password set here must be
    changed at the next sign-in (docs/domain.md §9.5); only made-up accounts pass `must_change_password=False`. A role that
    never sees personal data in clear loses the right to. `department` is the name of a department of the division, for a
    department's clerk; one who keeps the division keeps the department unless another is named. There is no `by=`, because operators run this before the first
    user exists: the change log names the portal itself. Raises NotFoundError for an unknown division, and InvalidError
    for an unknown role, a role that does not fit the division's level, an invalid name or password, and for the last
    administrator who would no longer be one.
    """
    chosen_role = known_role(role)
    division = Division.objects.by_code(division_code).current_division
    refuse_wrong_level(chosen_role, division)
    active = frozenset() if chosen_role.manages_all_users else lock_administrators()
    found = (
        User.objects.select_for_update(of=("self",), no_key=True)
        .select_related("division")
        .filter(username=username)
        .exclude(role=Role.CLIENT)  # the name of another system is taken
    )
    user = found.first() or User(username=username)
    is_new = user.pk is None
    before = {} if is_new else state_of(user)
    if is_new:
        refuse_taken_name(username)
    else:
        refuse_last_administrator(user, active)
    user.role = chosen_role
    user.division = division
    user.is_active = True
    user.may_unmask = user.may_unmask and chosen_role.may_unmask_if_granted
    user.full_name = full_name or user.full_name
    user.email = email or user.email
    user.department = department_for(chosen_role, division, _department(user, chosen_role, department))
    generated = generate_password(user) if is_new and password is None else ""
    if password is not None:
        refuse_weak_password(password, user)
    if password is not None or generated:
        set_password(user, generated or password or "", must_change=must_change_password)
    refuse_wrong_fields(user)
    user.version += 0 if is_new else 1
    user.save()
    log_change(by=portal_itself(), user=user, before=before, summary=f"用命令{'新建' if is_new else '修改'}用户")
    return AppointedStaff(user=user, is_new=is_new, generated_password=generated)
