"""Managing users in pages: creating, changing, deactivating, resetting, ending sessions (docs/domain.md §1.4).

Each action finds the user anew among those that `by` manages, and refuses a version that is no longer the current one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.actions.checks import (
    known_role,
    lock_administrators,
    name_is_taken,
    refuse_last_administrator,
    refuse_taken_name,
    refuse_wrong_fields,
    refuse_wrong_level,
)
from accounts.actions.departments import department_for
from accounts.actions.managing import held_user, outranks, save_changed
from accounts.actions.passwords import generate_password, set_password
from accounts.actions.sessions import forget_sessions
from accounts.actions.trail import log_change, state_of
from accounts.alerts import Alert, send_alerts
from accounts.limits import forget_counts
from accounts.models import Department, Role, User
from changzhi_portal.personal import Sealed
from changzhi_portal.refusals import InvalidError, NotAllowedError, StaleError
from communities.models import Division


@dataclass(frozen=True, slots=True)
class IssuedPassword:
    """A first password, to be shown once to whoever issued it; only its hash is stored."""

    user: User
    password: str = field(repr=False)


# --- Creating and changing ---


def create_user(
    *,
    by: User,
    username: str,
    full_name: str,
    role: str,
    division: Division,
    department: Department | None = None,
    email: str = "",
    phone: Sealed | None = None,
    may_unmask: bool = False,
) -> IssuedPassword:
    """Create a user with a first password; `department` is that of a department's clerk.

    Raises NotAllowedError for whoever may give neither this role nor the right to unmask, InvalidError
    for a division outside the own area or of the wrong level, for a department that does not fit, and for a name that is
    taken or will not do.
    """
    user = User(username=username.strip())
    try:
        with transaction.atomic():
            _assign(user, by=by, full_name=full_name, role=role, division=division, may_unmask=may_unmask)
            user.department = department_for(user.role, division, department)
            user.email, user.phone = email, phone
            refuse_taken_name(user.username)
            refuse_wrong_fields(user)
            password = _set_first_password(user)
            user.save()
            log_change(by=by, user=user, before={}, summary="新建用户")
    except IntegrityError as error:
        raise name_is_taken() from error
    return IssuedPassword(user, password)


@transaction.atomic
def edit_user(
    *,
    by: User,
    ref: str,
    version: int,
    full_name: str,
    role: str,
    division: Division,
    email: str,
    phone: Sealed | None,
    department: Department | None = None,
    may_unmask: bool | None = None,
) -> User:
    """Change a user; `may_unmask` of None leaves the right as it is, unless the new role can never have it.

    Raises as `create_user`; NotAllowedError also for the own role, division and right, NotFoundError for a user that `by`
    does not manage, StaleError for another version, InvalidError for the last administrator who would be none.
    """
    active = frozenset() if known_role(role).manages_all_users else lock_administrators()
    user = held_user(ref, by=by, version=version)
    before = state_of(user)
    wanted = user.may_unmask and known_role(role).may_unmask_if_granted if may_unmask is None else may_unmask
    if user.pk == by.pk and (user.role, user.division_id, user.may_unmask) != (known_role(role), division.pk, wanted):
        raise NotAllowedError(
            "自己的角色、单位和权限不能自己改，请另一位管理员办理。",
            cure="Nobody changes the own role, division or right.",
        )
    refuse_last_administrator(user, active)
    _assign(user, by=by, full_name=full_name, role=role, division=division, may_unmask=wanted)
    user.department = department_for(user.role, division, department)
    user.email = email
    if phone != user.phone:
        user.phone = phone
    refuse_wrong_fields(user)
    return save_changed(user, by=by, before=before, summary="修改用户")


def _assign(user: User, *, by: User, full_name: str, role: str, division: Division, may_unmask: bool) -> None:
    """Set name, role, division and right as far as `by` may give them."""
    chosen = known_role(role)
    _refuse_unmanaged(by, chosen)
    if chosen != user.role and chosen not in by.assignable_roles:
        raise NotAllowedError(
            f"“{chosen.label}”的角色只能由市局管理员给予。",
            cure=f"A {chosen.value} grants the right to unmask, so only a bureau_admin makes one.",
        )
    if not Division.objects.current().visible_to(by).filter(pk=division.pk).exists():
        raise InvalidError(
            "这个单位不在您管理的范围内，或者已经撤销，请重新选择。",
            cure="The division is closed or outside the area of the acting user.",
            field="division",
        )
    refuse_wrong_level(chosen, division)
    if may_unmask != user.may_unmask and chosen.may_unmask_if_granted and not by.role.may_grant_unmasking:
        raise NotAllowedError(
            "查看个人信息原文的权限只能由市局管理员给予或收回。", cure="Only a bureau_admin gives or takes may_unmask."
        )
    is_elsewhere = user.pk is not None and (chosen != user.role or division.pk != user.division_id)
    if may_unmask and is_elsewhere and not by.role.may_grant_unmasking:
        raise NotAllowedError(
            "这个账号能查看个人信息原文，角色和单位只能由市局管理员改。",
            cure="Another role or division widens what is seen in clear; only a bureau_admin decides that.",
        )
    if may_unmask and not chosen.may_unmask_if_granted:
        raise InvalidError(
            f"“{chosen.label}”不能查看个人信息原文，请去掉这一项。",
            cure=f"A {chosen.value} never has may_unmask.",
            field="may_unmask",
        )
    user.full_name = " ".join(full_name.split())
    user.role, user.division, user.may_unmask = chosen, division, may_unmask


def _refuse_unmanaged(by: User, role: Role) -> None:
    if role not in by.managed_roles:
        managed: Sequence[str] = sorted(str(each.label) for each in by.managed_roles)
        raise NotAllowedError(
            f"您只能管理{'、'.join(managed)}的账号。" if managed else "您的角色不能管理用户，请联系市局管理员。",
            cure=f"The role of {by.username} does not manage users with the role {role.value}.",
        )


# --- Passwords, sessions, locks ---


@transaction.atomic
def reset_password(*, by: User, ref: str, version: int) -> IssuedPassword:
    """Give a user a new first password, end all sessions and lift a lock-out, so that it can be used at once; tell the user.

    Raises NotFoundError and StaleError as `edit_user`, NotAllowedError for the own password and that of an account with
    more rights than `by` may give, StaleError for an inactive user.
    """
    user = held_user(ref, by=by, version=version)
    _refuse_own(user, by, "自己的密码请在“我的账号”里修改。")
    if outranks(user, by):
        raise NotAllowedError(
            "这个账号能查看个人信息原文或者给予这项权限，密码只能由市局管理员重置。",
            cure="Whoever knows the password may unmask, or grant it, which only a bureau_admin does.",
        )
    _refuse_inactive(user)
    before = state_of(user)
    password = _set_first_password(user)
    user.sessions_ended_at = timezone.now()
    if user.attempt_counts.closed().exists():
        user.unlocked_at = timezone.now()
    forget_counts(user)
    forget_sessions(user)
    save_changed(user, by=by, before=before, summary="重置密码")
    text = f"{by}重置了您的密码，各处的登录都已退出。不是您要求的，请马上告诉另一位管理员。"
    send_alerts([Alert(user, "您的密码被管理员重置", text, reverse("accounts:account"))])
    return IssuedPassword(user, password)


@transaction.atomic
def end_sessions(*, by: User, ref: str, version: int) -> User:
    """End all sessions of a user: the next request with one of them leads to the sign-in page."""
    user = held_user(ref, by=by, version=version)
    before = state_of(user)
    user.sessions_ended_at = timezone.now()
    forget_sessions(user)
    return save_changed(user, by=by, before=before, summary="退出用户的所有登录")


@transaction.atomic
def unlock_user(*, by: User, ref: str, version: int) -> User:
    """Lift a lock-out after wrong passwords or codes, by whomever; raises StaleError for a user who is not locked out (any more)."""
    user = held_user(ref, by=by, version=version)
    if not user.attempt_counts.closed().exists():
        raise StaleError("这个账号现在没有锁定，不用解锁。", cure="The user is not locked out.")
    before = state_of(user)
    user.unlocked_at = timezone.now()
    forget_counts(user)
    return save_changed(user, by=by, before=before, summary="解锁用户")


# --- Leaving and coming back ---


@transaction.atomic
def deactivate_user(*, by: User, ref: str, version: int) -> User:
    """Let a user no longer sign in, and end all sessions; what the user has done stays.

    Raises NotAllowedError for oneself, StaleError for an inactive user, InvalidError for the last administrator.
    """
    active = lock_administrators()
    user = held_user(ref, by=by, version=version)
    _refuse_own(user, by, "不能停用自己的账号，请另一位管理员办理。")
    _refuse_inactive(user)
    refuse_last_administrator(user, active)
    before = state_of(user)
    user.is_active, user.sessions_ended_at = False, timezone.now()
    forget_sessions(user)
    return save_changed(user, by=by, before=before, summary="停用用户")


@transaction.atomic
def reactivate_user(*, by: User, ref: str, version: int) -> User:
    """Let a user sign in again, with the password of before; raises StaleError for an active user, or of a closed department."""
    user = held_user(ref, by=by, version=version)
    if user.is_active:
        raise StaleError("这个账号是在用的，不用恢复。", cure="The user is active.")
    # Locked, so that nobody closes it meanwhile.
    department = Department.objects.select_for_update(of=("self",)).filter(pk=user.department_id).first()
    if department is not None and department.closed_on is not None:
        raise StaleError(
            f"所在的部门“{department}”已于{department.closed_on}撤销，请先把这个账号改到别的部门，再恢复。",
            cure="The department is closed. Give the user another one first.",
        )
    before = state_of(user)
    user.is_active = True
    return save_changed(user, by=by, before=before, summary="恢复用户")


# --- What they share ---


def _set_first_password(user: User) -> str:
    password = generate_password(user)
    set_password(user, password, must_change=True)
    return password


def _refuse_own(user: User, by: User, sentence: str) -> None:
    if user.pk == by.pk:
        raise NotAllowedError(sentence, cure="This cannot be done to the own account.")


def _refuse_inactive(user: User) -> None:
    if not user.is_active:
        raise StaleError("这个账号已经停用，请先恢复。", cure="The user is inactive. Reactivate it first.")
