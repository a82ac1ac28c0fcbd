"""Setting a second factor up, using and removing it (ADR 0024)."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.actions.managing import held_user, outranks, save_changed
from accounts.actions.sessions import forget_sessions
from accounts.actions.trail import log_change, portal_itself, state_of
from accounts.alerts import Alert, send_alerts
from accounts.limits import forget_counts
from accounts.models import RecoveryCode, SecondFactor, User
from accounts.second_factor import RECOVERY_DIGITS, digits_of, new_recovery_codes, step_of
from changelog.trail import TrailKind, record_event
from changzhi_portal.personal import digest
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError

WRONG_CODE: Final = "验证码不对或者已经用过，请等应用里换了新的验证码再输；一直不对，请看手机的时间准不准。"
LONGEST_REASON: Final = 100  # characters


@transaction.atomic
def set_up_second_factor(*, by: User, secret: str, code: str) -> list[str]:
    """Ask `by` for a code of this secret at every sign-in from now on; return the recovery codes, to be shown once.

    Raises InvalidError for a code that is not of the secret, StaleError if there is a second factor already.
    """
    user = _locked(by)
    if user.has_second_factor:
        raise StaleError("两步验证已经启用，不用再设。", cure="The user has a second factor.")
    step = step_of(secret, digits_of(code))
    if step is None:
        raise InvalidError(WRONG_CODE, cure="The code is not of this secret, or too old.", field="code")
    SecondFactor.objects.create(user=user, secret=secret, last_step=step)
    before = state_of(user)
    user.second_factor_set_at = timezone.now()
    _save(user, by=by, before=before, summary="启用两步验证")
    _record("set_up", user, by=by)
    by.second_factor_set_at = user.second_factor_set_at
    text = "以后登录除了密码还要输手机应用里的验证码。不是您自己办的，请马上告诉市局管理员。"
    send_alerts([Alert(user, "您的账号启用了两步验证", text, reverse("accounts:account"))])
    return _issue_codes(user)


def use_code(user: User, typed: str) -> bool:
    """Return whether this is a code of the user's app or a recovery code, and have it never taken again.

    One UPDATE both finds and marks it, so that of two requests with one code only the first gets through.
    """
    code = digits_of(typed)
    factor = SecondFactor.objects.filter(user=user).first()
    if factor is None:
        return False
    if len(code) == RECOVERY_DIGITS:
        left = RecoveryCode.objects.filter(user=user, digest=_digest_of(user, code), used_at=None)
        is_good = left.update(used_at=timezone.now()) == 1
        if is_good:
            _record("recovery_code_used", user, by=user)
        return is_good
    step = step_of(factor.secret.reveal(), code, after=factor.last_step)
    if step is None:
        return False
    return SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step).update(last_step=step) == 1


@transaction.atomic
def renew_recovery_codes(*, by: User) -> list[str]:
    """Replace the recovery codes and return the new ones, to be shown once. The caller has asked for password and code."""
    user = _locked(by)
    if not user.has_second_factor:
        raise StaleError("还没有启用两步验证，没有恢复码。", cure="The user has no second factor.")
    _record("codes_renewed", user, by=by)
    return _issue_codes(user)


@transaction.atomic
def remove_own_second_factor(*, by: User) -> None:
    """Ask for no code any more. The caller has asked for password and code.

    Raises NotAllowedError for a role that must have a second factor, StaleError if there is none.
    """
    user = _locked(by)
    if user.must_have_second_factor:
        raise NotAllowedError(
            f"“{user.role.label}”必须使用两步验证，不能停用；换手机请联系管理员移除以后重新设置。",
            cure="The role is one of TOTP_REQUIRED_ROLES.",
        )
    if not user.has_second_factor:
        raise StaleError("两步验证已经停用。", cure="The user has no second factor.")
    before = state_of(user)
    _remove(user)
    _save(user, by=by, before=before, summary="停用自己的两步验证")
    _record("removed", user, by=by)
    text = "以后登录只要密码。不是您自己办的，请马上修改密码，并告诉市局管理员。"
    send_alerts([Alert(user, "您的账号停用了两步验证", text, reverse("accounts:account"))])


@transaction.atomic
def remove_second_factor(*, by: User, ref: str, version: int, reason: str) -> User:
    """Remove the second factor of a user whose phone is lost; all sessions end, and the user is told.

    Raises NotFoundError and StaleError as other actions on users, InvalidError without a reason, NotAllowedError for the
    own account and for one with more rights than one may give, StaleError if there is none.
    """
    user = held_user(ref, by=by, version=version)
    if user.pk == by.pk:
        raise NotAllowedError(
            "自己的两步验证请在“我的账号”里停用；手机丢了用恢复码，或者请另一位管理员办理。",
            cure="Nobody removes the own second factor here.",
        )
    if outranks(user, by):
        raise NotAllowedError(
            "这个账号的权限比您大，两步验证只能由市局管理员移除。",
            cure="Whoever resets the password could then enter an account with more rights.",
        )
    _take_away(user, by=by, reason=reason)
    return user


@transaction.atomic
def open_account(*, username: str, without_second_factor: str = "") -> User:
    """Lift what wrong passwords and codes have closed, and remove the second factor if a reason for that is given.

    For operators, when no administrator can sign in: there is no `by=`, the change log names the portal itself. Raises
    NotFoundError for an unknown or inactive user, InvalidError for a reason that will not do, StaleError as above.
    """
    user = User.objects.select_for_update(of=("self",), no_key=True).active().filter(username=username).first()
    if user is None:
        raise NotFoundError(
            f"没有可用的账号“{username}”，请核对用户名。", cure=f"There is no active user {username!r}."
        )
    if without_second_factor:
        _take_away(user, by=portal_itself(), reason=without_second_factor)
        return user
    before = state_of(user)
    user.unlocked_at = timezone.now()
    forget_counts(user)
    return save_changed(user, by=portal_itself(), before=before, summary="用命令解锁用户")


def _take_away(user: User, *, by: User, reason: str) -> None:
    if not user.has_second_factor:
        raise StaleError("这个账号没有启用两步验证，不用移除。", cure="The user has no second factor.")
    why = " ".join(reason.split())
    if not why or len(why) > LONGEST_REASON:
        raise InvalidError(
            f"请写明原因，最多{LONGEST_REASON}个字，例如“手机丢失，本人当面提出”。",
            cure="Give a reason.",
            field="reason",
        )
    refuse_personal_numbers(why, what="原因", field="reason")
    before = state_of(user)
    _remove(user)
    user.sessions_ended_at = timezone.now()
    forget_counts(user)
    forget_sessions(user)
    save_changed(user, by=by, before=before, summary=f"移除两步验证（{why}）")
    _record("removed", user, by=by, reason=why)
    text = f"{by}移除了您的两步验证，原因：{why}。请用密码登录后重新设置。不是您要求的，请马上告诉市局管理员。"
    send_alerts([Alert(user, "您的两步验证被管理员移除", text, reverse("accounts:account"))])


def _record(what: str, user: User, *, by: User, reason: str = "") -> None:
    """Record in the trail what was done to the second factor of a user."""
    record_event(
        TrailKind.SECOND_FACTOR, by=by, about=user, division=user.division, reason=reason, detail={"what": what}
    )


def _locked(by: User) -> User:
    return User.objects.select_for_update(of=("self",), no_key=True).select_related("division").get(pk=by.pk)


def _save(user: User, *, by: User, before: dict[str, object], summary: str) -> None:
    user.version += 1
    user.save(update_fields=["second_factor_set_at", "version"])
    log_change(by=by, user=user, before=before, summary=summary)


def _remove(user: User) -> None:
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    user.second_factor_set_at = None


def _issue_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = new_recovery_codes()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest_of(user, code)) for code in codes)
    return codes


def _digest_of(user: User, code: str) -> str:
    return digest(f"recovery {user.pk} {code}")
