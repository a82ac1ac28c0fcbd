"""Journeys of signing in: a new clerk's first day, a forgotten password, a lost telephone; on desk and telephone."""

from __future__ import annotations

import time

import pytest
from django.test import override_settings
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from accounts.second_factor import step_of
from tests.accounts.codes import Clock, code_of
from tests.browser.conftest import DESK, TELEPHONE
from tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]
NEW = "Nuan-feng-47-wan"


def give_password(page: Page, username: str, password: str) -> None:
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def change_first_password(page: Page, password: str, new: str = NEW) -> None:
    expect(page.get_by_text("请先换成只有您自己知道的密码")).to_be_visible()
    page.get_by_label("当前密码").fill(password)
    page.locator("#id_new_password1").fill(new)
    page.get_by_label("再输一次新密码").fill(new)
    page.get_by_role("button", name="修改密码").click()


def code_after(secret: str, used: str = "") -> str:
    """Return a code of the secret that is good now and is not the one used; waits for it if need be."""
    clock = Clock()
    for _ in range(70):
        clock.now = time.time()
        if (code := code_of(secret, clock)) != used and step_of(secret, code) is not None:
            return code
        clock.now += 30  # the next one is taken half a minute early
        if (code := code_of(secret, clock)) != used and step_of(secret, code) is not None:
            return code
        time.sleep(0.5)
    raise AssertionError("no further code within 35 seconds")


def set_up(page: Page, password: str) -> tuple[str, str, list[str]]:
    """Set a second factor up on its page; return the secret, the code used and the recovery codes."""
    expect(page.get_by_role("img", name="二维码")).to_be_visible()
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    code = code_after(secret)
    page.get_by_label("当前密码").fill(password)
    page.get_by_label("应用里显示的验证码").fill(code)
    page.get_by_role("button", name="启用").click()
    expect(page.get_by_role("heading", name="恢复码")).to_be_visible()
    return secret, code, page.locator(".recovery-codes code").all_inner_texts()


@pytest.mark.parametrize(("screen", "scripts"), [(DESK, True), (TELEPHONE, True), (DESK, False)])
def test_a_new_clerks_first_day(screen, scripts, place, visit):
    """The first password is changed, the second factor that the role needs is set up, and the day begins."""
    clerk = make_user(Role.DISTRICT_CLERK, place.county, must_change_password=True)
    with override_settings(TOTP_REQUIRED_ROLES=["district_clerk"]):
        page = visit("/accounts/login/", screen=screen, scripts=scripts)
        give_password(page, clerk.username, PASSWORD)
        change_first_password(page, PASSWORD)
        expect(page.get_by_text("必须使用两步验证")).to_be_visible()
        expect(page.get_by_role("navigation", name="主菜单")).to_have_count(0)
        secret, used, codes = set_up(page, NEW)
        assert len(codes) == 10
        page.get_by_role("link", name="保存好了").click()
        expect(page.get_by_text("恢复码还有10个没有用")).to_be_visible()
        expect(page.get_by_text("（这一处）")).to_be_visible()
        page.get_by_role("button", name="退出", exact=True).click()
        give_password(page, clerk.username, NEW)
        expect(page.get_by_role("heading", name="两步验证")).to_be_visible()
        page.get_by_label("验证码").fill(code_after(secret, used))
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("navigation", name="主菜单")).to_be_visible()


def test_a_forgotten_password(place, visit, enter, complaints):
    """Five wrong ones lock; the administrator resets, which unlocks, and the clerk goes on with a password of the own."""
    clerk = make_user(Role.DISTRICT_CLERK, place.county)
    person = visit("/accounts/login/")
    for _ in range(4):
        give_password(person, clerk.username, "Wrong-2018-x")
        expect(person.get_by_text("用户名或密码不对")).to_be_visible()
    give_password(person, clerk.username, "Wrong-2018-x")
    expect(person.get_by_role("heading", name="账号已锁定")).to_be_visible()
    page = enter(make_user(Role.BUREAU_ADMIN, place.city), clerk.get_absolute_url())
    expect(page.get_by_text("输错太多，锁定")).to_be_visible()
    page.get_by_role("link", name="重置密码").click()
    page.get_by_role("button", name="重置并显示首次密码").click()
    password = page.locator("code").nth(1).inner_text()
    person.get_by_role("link", name="返回登录").click()
    give_password(person, clerk.username, password)
    change_first_password(person, password)
    expect(person.get_by_text("密码已修改")).to_be_visible()
    person.get_by_title("我的账号").click()
    expect(person.get_by_text("密码不对，没有登录").first).to_be_visible()
    assert len(complaints.messages) == 5 and all("4" in message for message in complaints.messages)
    complaints.messages.clear()


@pytest.mark.parametrize("screen", [DESK, TELEPHONE])
def test_a_lost_telephone(screen, place, visit, enter, complaints):
    """A recovery code helps once; without any the administrator removes the second factor, and it is set up anew."""
    clerk = make_user(Role.DISTRICT_CLERK, place.county)
    page = enter(clerk, "/accounts/account/", screen=screen)
    page.get_by_role("link", name="启用两步验证").click()
    _, _, codes = set_up(page, PASSWORD)
    page.get_by_role("link", name="保存好了").click()
    page.get_by_role("button", name="退出", exact=True).click()

    give_password(page, clerk.username, PASSWORD)
    page.get_by_label("验证码").fill("000000")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_text("验证码不对或者已经用过")).to_be_visible()
    page.get_by_label("验证码").fill(codes[0])
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("navigation", name="主菜单")).to_be_visible()
    page.get_by_title("我的账号").click()
    expect(page.get_by_text("恢复码还有9个没有用")).to_be_visible()
    expect(page.get_by_text("用了恢复码")).to_be_visible()

    administrator = enter(make_user(Role.BUREAU_ADMIN, place.city), clerk.get_absolute_url(), screen=screen)
    administrator.get_by_role("link", name="移除两步验证").click()
    administrator.get_by_label("原因").fill("手机丢失，本人当面提出")
    administrator.get_by_role("button", name="移除这个账号的两步验证").click()
    expect(administrator.get_by_text("两步验证已移除")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    give_password(page, clerk.username, PASSWORD)
    expect(page.get_by_role("navigation", name="主菜单")).to_be_visible()
    page.goto("/notices/")
    expect(page.get_by_text("您的两步验证被管理员移除")).to_be_visible()
    assert not User.objects.get(pk=clerk.pk).has_second_factor
    [refused] = complaints.messages
    assert "422" in refused, "the wrong code, as it should"
    complaints.messages.clear()
