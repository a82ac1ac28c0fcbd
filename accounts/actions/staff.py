"""Creating and updating users."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import ROLE_LEVELS, Role, User
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, field_at_fault
from communities.models import Division

GENERATED_LENGTH = 16
# Without characters that look alike on paper (0 O, 1 l I), because passwords are copied by hand.
_LETTERS = "".join(sign for sign in string.ascii_letters + string.digits if sign not in "0O1lI")


@dataclass(frozen=True, slots=True)
class AppointedStaff:
    """The result of `appoint_staff`. `generated_password` is "" when none was generated."""

    user: User
    is_new: bool
    generated_password: str


def generate_password() -> str:
    """Return a random password that satisfies the password rules (at least three kinds of characters)."""
    while True:
        password = "".join(secrets.choice(_LETTERS) for _ in range(GENERATED_LENGTH))
        if (
            any(s.islower() for s in password)
            and any(s.isupper() for s in password)
            and any(map(str.isdigit, password))
        ):
            return password


@transaction.atomic
def appoint_staff(
    *,
    username: str,
    role: str,
    division_code: str,
    password: str | None = None,
    full_name: str = "",
    email: str = "",
    must_change_password: bool = True,
) -> AppointedStaff:
    """Create the user, or set role and division of an existing user.

    A new user without `password` gets a generated one. For an existing user a `password`, `full_name` or `email` (to which
    notices are sent) that is not given is not changed, and an inactive user becomes active. A password set here must be
    changed at the next sign-in (docs/domain.md §9); only demo accounts pass `must_change_password=False`. There is no
    `by=`, because operators run this before the first user exists. Raises NotFoundError for an unknown division, and
    InvalidError for an unknown role, a role that does not fit the division's level, or an invalid name or password.
    """
    chosen_role = _role(role)
    division = Division.objects.by_code(division_code).current_division
    _check_level(chosen_role, division)
    refuse_personal_numbers(full_name, what="姓名", field="full_name")
    user = User.objects.select_for_update().filter(username=username).first()
    is_new = user is None
    if user is None:
        user = User(username=username)
    user.role = chosen_role
    user.division = division
    user.is_active = True
    user.full_name = full_name or user.full_name
    user.email = email or user.email
    generated = generate_password() if is_new and password is None else ""
    if password is not None:
        _check_password(password, user)
    if password is not None or generated:
        user.set_password(generated or password)
        user.must_change_password = must_change_password
    _check_fields(user)
    user.save()
    return AppointedStaff(user=user, is_new=is_new, generated_password=generated)


def _role(name: str) -> Role:
    if name not in Role.values:
        known = ", ".join(Role.values)
        raise InvalidError(
            f"没有“{name}”这个角色，请从{known}中选一个。",
            cure=f"There is no role {name!r}. Choose one of {known}.",
            field="role",
        )
    return Role(name)


def _check_level(role: Role, division: Division) -> None:
    levels = ROLE_LEVELS[role]
    if division.level not in levels:
        names = "或".join(Division.Level(level).label for level in sorted(levels))
        raise InvalidError(
            f"“{role.label}”应属于{names}，{division.full_name}不是，请换一个代码。",
            cure=(
                f"A {role.value} belongs to a {' or '.join(sorted(levels))}, but {division.code} ({division.name}) is a "
                f"{division.level}. Give the code of a {' or '.join(sorted(levels))}."
            ),
            field="division",
        )


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidError(
            f"密码不合要求：{''.join(error.messages)}请换一个。",
            cure=(
                "The password is too weak. Use at least 10 characters of three kinds (lower-case letters, capitals, "
                "digits, other signs), nothing common and not the user name."
            ),
            field="password",
        ) from error


def _check_fields(user: User) -> None:
    try:
        user.full_clean(exclude=["password", "role", "division"])
    except ValidationError as error:
        raise InvalidError(
            f"用户信息不对：{''.join(error.messages)}请改正。",
            cure=(
                f"The user cannot be saved ({', '.join(sorted(error.message_dict))}). Use letters, digits and @.+-_ for "
                "the user name (at most 150), a full name of at most 50 characters and an e-mail address with an @."
            ),
            field=field_at_fault(error),
        ) from error
