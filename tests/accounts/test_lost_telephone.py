"""Tests of a second factor that somebody else removes, because the telephone is lost: an administrator, the operator."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.actions import remove_second_factor, reset_password
from accounts.models import Role, User
from changelog.models import ChangeRecord
from changzhi_portal.refusals import InvalidError, NotAllowedError
from notices.models import Notice
from tests.accounts.codes import CODE, entered
from tests.accounts.guesses import lock_out
from tests.accounts.test_views import sign_in
from tests.factories import make_user

pytestmark = pytest.mark.django_db


# --- Administrators ---


def test_an_administrator_removes_it_with_a_reason_and_the_user_is_told(app, administrator, signed_in):
    own = entered(app)
    User.objects.filter(pk=app.user.pk).update(email="clerk@example.invalid")
    app.user.refresh_from_db()
    browser = signed_in(administrator)
    page = browser.get(app.user.get_absolute_url()).text
    address = reverse("accounts:user_second_factor", args=[app.user.ref])
    assert address in page and "已启用，" in page
    assert browser.post(address, {"version": app.user.version, "reason": ""}).status_code == 422
    assert app.user.has_second_factor
    done = browser.post(address, {"version": app.user.version, "reason": "手机丢失，本人当面提出"})
    assert done["Location"] == app.user.get_absolute_url()
    assert own.get("/").status_code == 302, "sessions end: the lost telephone may be signed in"
    assert sign_in(Client(), app.user.username)["Location"] == "/"
    change = ChangeRecord.objects.of_object(app.user).select_related("change_set__made_by").first()
    assert change.after["second_factor_set_at"] is None and "手机丢失，本人当面提出" in change.change_set.summary
    notice = Notice.objects.get(user=app.user, title="您的两步验证被管理员移除")
    assert notice.mail == Notice.Mail.WAITING and "手机丢失" in notice.text


def test_who_resets_passwords_does_not_enter_accounts_with_more_rights_by_taking_their_second_factor(
    clock, place, system_admin, administrator
):
    reader = make_user(Role.DISTRICT_CLERK, place.county, may_unmask=True)
    chief = make_user(Role.BUREAU_ADMIN, place.city)
    for user in (reader, chief):
        clock.app_of(user)
        with pytest.raises(NotAllowedError):
            remove_second_factor(by=system_admin, ref=user.ref, version=user.version, reason="手机丢失")
        remove_second_factor(by=administrator, ref=user.ref, version=user.version, reason="手机丢失")
    with pytest.raises(NotAllowedError):
        clock.app_of(administrator)
        remove_second_factor(by=administrator, ref=administrator.ref, version=administrator.version, reason="换手机")


def test_a_reason_is_words_without_numbers_of_persons(app, administrator):
    for reason in ("", "  ", "长" * 101, "本人电话13912345678"):
        with pytest.raises(InvalidError):
            remove_second_factor(by=administrator, ref=app.user.ref, version=app.user.version, reason=reason)
    app.user.refresh_from_db()
    assert app.user.has_second_factor


def test_a_reset_password_leaves_the_second_factor(app, administrator):
    issued = reset_password(by=administrator, ref=app.user.ref, version=app.user.version)
    browser = Client()
    assert sign_in(browser, app.user.username, issued.password)["Location"] == CODE
    assert browser.post(CODE, {"code": app.next_code()}).status_code == 302


# --- The operator's command ---


def test_an_operator_unlocks_somebody_and_takes_a_lost_second_factor_away(app, place):
    lock_out(app.user)
    call_command("unlock", app.user.username)
    assert not User.objects.with_lockout().filter(is_locked_out=True).exists()
    app.user.refresh_from_db()
    assert app.user.has_second_factor
    with pytest.raises(CommandError):
        call_command("unlock", "nobody")
    lock_out(app.user)
    call_command("unlock", app.user.username, remove_second_factor="手机丢失，没有管理员能登录")
    assert sign_in(Client(), app.user.username)["Location"] == "/"
    assert not User.objects.with_lockout().filter(is_locked_out=True).exists()
    change = ChangeRecord.objects.of_object(app.user).select_related("change_set__made_by").first()
    assert change.change_set.made_by.username == "system" and "没有管理员能登录" in change.change_set.summary
