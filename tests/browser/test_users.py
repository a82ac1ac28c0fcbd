"""An administrator makes a clerk, who signs in, and ends it again; in a browser, on desk and telephone, without scripts too."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import Role, User
from tests.browser.conftest import DESK, TELEPHONE
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]
NEW = "Nuan-feng-47-wan"


@pytest.mark.parametrize(("screen", "scripts"), [(DESK, True), (TELEPHONE, True), (DESK, False)])
def test_a_clerk_is_made_signs_in_is_signed_out_and_deactivated(screen, scripts, place, visit, enter, complaints):
    administrator = make_user(Role.SYSTEM_ADMIN, place.city)
    page = enter(administrator, screen=screen, scripts=scripts)
    expect(page.get_by_role("heading", name="用户账号")).to_be_visible()
    page.get_by_role("link", name="新增用户").click()
    page.get_by_label("用户名").fill("wang")
    page.get_by_label("姓名").fill("王演示")
    page.get_by_label("角色").select_option(label="县区填报员")
    page.get_by_label("所属单位").select_option(label="襄垣县")
    page.get_by_label("联系电话").fill("19900001234")
    page.get_by_role("button", name="新建并显示首次密码").click()
    expect(page.get_by_role("heading", name="首次密码")).to_be_visible()
    password = page.locator("code").nth(1).inner_text()
    assert len(password) == 16

    person = visit("/accounts/login/", screen=screen, scripts=scripts)
    person.get_by_label("用户名").fill("wang")
    person.get_by_label("密码").fill(password)
    person.get_by_role("button", name="登录").click()
    expect(person.get_by_text("请先换成只有您自己知道的密码")).to_be_visible()
    person.get_by_label("当前密码").fill(password)
    person.locator("#id_new_password1").fill(NEW)
    person.get_by_label("再输一次新密码").fill(NEW)
    person.get_by_role("button", name="修改密码").click()
    expect(person.get_by_text("密码已修改")).to_be_visible()

    page.get_by_role("link", name="记好了，去看这个账号").click()
    expect(page.get_by_text("199****1234").first).to_be_visible()
    page.get_by_role("link", name="退出所有登录").click()
    page.get_by_role("button", name="退出这个账号的所有登录").click()
    expect(page.get_by_text("登录已全部退出")).to_be_visible()
    person.goto("/")
    expect(person.get_by_role("heading", name="登录")).to_be_visible()

    page.get_by_role("link", name="停用").click()
    page.get_by_role("button", name="停用这个账号").click()
    expect(page.get_by_text("这个账号已停用，不能登录")).to_be_visible()
    person.get_by_label("用户名").fill("wang")
    person.get_by_label("密码").fill(NEW)
    person.get_by_role("button", name="登录").click()
    expect(person.get_by_text("用户名或密码不对")).to_be_visible()
    assert not User.objects.get(username="wang").is_active
    [refused] = complaints.messages
    assert "422" in refused, "the sign-in at the end, as it should"
    complaints.messages.clear()


def test_what_was_typed_for_a_new_user_does_not_come_back_for_the_next(place, enter):
    page = enter(make_user(Role.BUREAU_ADMIN, place.city), "/accounts/users/new/")
    page.get_by_label("用户名").fill("wang")
    page.get_by_label("姓名").fill("王演示")
    page.get_by_label("角色").select_option(label="县区填报员")
    page.get_by_label("所属单位").select_option(label="襄垣县")
    page.get_by_role("button", name="新建并显示首次密码").click()
    expect(page.get_by_role("heading", name="首次密码")).to_be_visible()
    page.get_by_role("link", name="用户列表").click()
    page.get_by_role("link", name="新增").click()
    expect(page.get_by_label("用户名")).to_have_value("")
    expect(page.get_by_label("姓名")).to_have_value("")
