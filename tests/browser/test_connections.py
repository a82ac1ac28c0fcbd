"""An administrator lets another system in, hands over its token and shuts it out; on desk and telephone, without scripts too."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import Role
from tests.browser.axe import bring_axe_into, obstacles_in
from tests.browser.conftest import DESK, TELEPHONE
from tests.connections.clients import program
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.mark.parametrize(("screen", "scripts"), [(DESK, True), (TELEPHONE, False)])
def test_a_system_is_let_in_and_shut_out(screen, scripts, place, enter, complaints):
    page = enter(make_user(Role.BUREAU_ADMIN, place.city), screen=screen, scripts=scripts)
    if scripts:
        bring_axe_into(page)
    obstacles = []

    def look(name: str) -> None:
        if scripts:
            obstacles.extend(obstacles_in(page, name))

    page.goto("/connections/")
    page.get_by_role("link", name="登记对接系统").click()
    look("new")
    page.get_by_label("名称").fill("演示交换平台")
    page.get_by_label("用途").fill("与市人口库核对社会工作者身份")
    page.get_by_label("联系人").fill("演示大数据局，张工，0355-2000000")
    page.get_by_label("数据范围").select_option(label="城区")
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_text("请给它发放令牌")).to_be_visible()
    page.get_by_role("link", name="发放令牌").click()
    page.get_by_label("令牌说明").fill("每晚同步")
    page.get_by_role("button", name="发放并显示令牌").click()
    expect(page.get_by_text("请至少选一个范围")).to_be_visible()
    look("token-refused")
    page.get_by_label("读登记册：").check()
    page.get_by_label("限定地址").fill("127.0.0.1")
    page.get_by_role("button", name="发放并显示令牌").click()
    expect(page.get_by_role("heading", name="新的令牌")).to_be_visible()
    look("token")
    text = page.locator("dd code").first.inner_text()
    assert program(text).get("/api/v1/organizations/").status_code == 200
    page.get_by_role("link", name="记好了，去看这个系统").click()
    expect(page.get_by_text("127.0.0.1/32")).to_be_visible()
    look("client")
    page.get_by_role("link", name="停用令牌：每晚同步").click()
    look("token-revoke")
    page.get_by_role("button", name="停用这个令牌").click()
    expect(page.get_by_text("下一次调用就会被拒绝")).to_be_visible()
    assert program(text).get("/api/v1/organizations/").status_code == 401
    page.get_by_role("link", name="停用", exact=True).click()
    page.get_by_label("停用原因").fill("演示结束")
    look("client-revoke")
    page.get_by_role("button", name="停用这个对接系统").click()
    expect(page.get_by_text("它的令牌都不能用")).to_be_visible()
    look("client-revoked")
    page.goto("/connections/")
    expect(page.get_by_role("link", name="演示交换平台")).to_be_visible()
    look("list")
    assert obstacles == []
    [refused] = complaints.messages
    assert "422" in refused, "the form without a scope, as it should"
    complaints.messages.clear()
