"""What must hold of a user, whoever creates or changes one, in a page or by a command."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import ROLE_LEVELS, ROLES_OF_PEOPLE, Role, User
from changelog.models import SYSTEM_USER
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, field_at_fault
from communities.models import Division


def known_role(name: str) -> Role:
    """Return the role of people with this value; raises InvalidError for another one."""
    if name not in ROLES_OF_PEOPLE:
        known = ", ".join(ROLES_OF_PEOPLE)
        raise InvalidError(
            f"没有“{name}”这个角色，请从{known}中选一个。",
            cure=f"There is no role {name!r}. Choose one of {known}.",
            field="role",
        )
    return Role(name)


def refuse_wrong_level(role: Role, division: Division) -> None:
    """Raise InvalidError for a division whose level does not fit the role."""
    levels = ROLE_LEVELS[role]
    if division.level not in levels:
        names = "或".join(Division.Level(level).label for level in sorted(levels))
        raise InvalidError(
            f"“{role.label}”应属于{names}，{division.full_name}不是，请换一个。",
            cure=(
                f"A {role.value} belongs to a {' or '.join(sorted(levels))}, but {division.code} ({division.name}) is a "
                f"{division.level}. Give the code of a {' or '.join(sorted(levels))}."
            ),
            field="division",
        )


def refuse_weak_password(password: str, user: User) -> None:
    """Raise InvalidError for a password that the rules of sign-in refuse."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidError(
            f"密码不合要求：{''.join(error.messages)}",
            cure=(
                "The password is too weak. Use at least 10 characters of three kinds (lower-case letters, capitals, "
                "digits, other signs), nothing common, no name or place, no run of keys, none of the last five passwords."
            ),
            field="password",
        ) from error


def refuse_taken_name(username: str) -> None:
    """Raise InvalidError for a user name that somebody has, in whatever case."""
    if User.objects.filter(username__iexact=username).exists():
        raise name_is_taken()


def name_is_taken() -> InvalidError:
    """Return the refusal of a user name that somebody has."""
    return InvalidError("这个用户名已经有人用了，请换一个。", cure="The user name is taken.", field="username")


def refuse_wrong_fields(user: User) -> None:
    """Raise InvalidError for a user that must not be saved: name, e-mail, numbers in names, the portal's own name."""
    if user._state.adding:  # a user name is never changed, so that of before is nobody's fault here
        refuse_personal_numbers(user.username, what="用户名", field="username")
    refuse_personal_numbers(user.full_name, what="姓名", field="full_name")
    if user.username.lower() == SYSTEM_USER:
        raise InvalidError(
            "这个用户名是系统自己用的，请换一个。", cure="This user name is the portal's own.", field="username"
        )
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


def lock_administrators() -> frozenset[int]:
    """Lock the active administrators until the transaction ends, and return their keys.

    Before any other user is locked: two administrators who deactivate each other at once then wait for one another, and
    the second finds itself the last.
    """
    active = User.objects.administrators().order_by("pk").select_for_update(of=("self",), no_key=True)
    return frozenset(active.values_list("pk", flat=True))


def refuse_last_administrator(user: User, active: frozenset[int]) -> None:
    """Raise InvalidError for the only one of the active administrators (`lock_administrators`)."""
    if active == {user.pk}:
        raise InvalidError(
            f"“{user}”是最后一个在用的管理员账号，停用或改了角色就没有人能管理用户了；请先新建或恢复一个管理员账号。",
            cure="This is the last active administrator. Create or reactivate another one first.",
        )
