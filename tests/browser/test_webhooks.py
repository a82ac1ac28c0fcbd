"""An administrator has a system told of events, sees what arrived and what did not; on desk and telephone, without scripts too."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import Role
from connections.actions import tell_systems
from connections.models import EventFeed, Webhook
from tests.browser.axe import bring_axe_into, obstacles_in
from tests.browser.conftest import DESK, TELEPHONE
from tests.connections.clients import make_client
from tests.connections.receivers import receiver, time_passes, verify_of_the_docs
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.mark.parametrize(("screen", "scripts"), [(DESK, True), (TELEPHONE, False)])
def test_a_system_is_told_and_what_did_not_arrive_is_sent_again(screen, scripts, place, enter, complaints, settings):
    page = enter(make_user(Role.BUREAU_ADMIN, place.city), screen=screen, scripts=scripts)
    client = make_client(place.county, name="演示交换平台")
    if scripts:
        bring_axe_into(page)
    obstacles = []

    def look(name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        if scripts:
            obstacles.extend(obstacles_in(page, name))

    with receiver() as server:
        settings.WEBHOOK_ALLOWED_NETWORKS, settings.WEBHOOK_ALLOWED_PORTS = ["127.0.0.0/8"], [server.port]
        server.answers = [204, 500]
        page.goto(client.get_absolute_url())
        page.get_by_role("link", name="登记推送").click()
        look("new")
        page.get_by_label("接收地址").fill("https://192.168.1.1/hooks")
        page.get_by_label("月份锁定：").check()
        page.get_by_role("button", name="登记并显示密钥").click()
        expect(page.get_by_text("接收地址在内网或本机")).to_be_visible()
        look("refused")
        page.get_by_label("接收地址").fill(server.url)
        page.get_by_role("button", name="登记并显示密钥").click()
        expect(page.get_by_role("heading", name="推送密钥")).to_be_visible()
        secret = page.locator("dd code").inner_text()
        look("secret")
        page.get_by_role("link", name="记好了，去看这个推送").click()
        expect(page.get_by_text("还没有发过。")).to_be_visible()
        look("empty")
        for _ in range(2):
            page.get_by_role("button", name="发送测试").click()
            expect(page.get_by_text("测试已排队")).to_be_visible()
            tell_systems(EventFeed.ONLY)
        verify_of_the_docs()(secret, server.received[0].headers, server.received[0].body)
        page.reload()
        expect(page.get_by_text("已送达")).to_be_visible()
        expect(page.get_by_text("等待重发")).to_be_visible()
        look("deliveries")
        page.get_by_role("button", name="重新发送：测试").first.click()
        expect(page.get_by_text("已重新排队")).to_be_visible()
        time_passes()
        tell_systems(EventFeed.ONLY)
        page.reload()
        expect(page.get_by_text("已送达")).to_have_count(2)
    page.get_by_role("button", name="暂停").click()
    expect(page.get_by_text("现在发生的事不会补发")).to_be_visible()
    look("paused")
    page.get_by_role("button", name="恢复").click()
    page.get_by_role("link", name="更换密钥").click()
    look("change-secret")
    page.get_by_role("link", name="取消").click()
    page.goto(client.get_absolute_url())
    look("client")
    page.get_by_role("link", name="127.0.0.1").click()
    page.get_by_role("link", name="删除").click()
    look("remove")
    page.get_by_role("button", name="删除这个推送").click()
    expect(page.get_by_text("推送已删除")).to_be_visible()
    assert not Webhook.objects.exists()
    assert obstacles == []
    [refused] = complaints.messages
    assert "422" in refused, "the form with an address of the intranet, as it should"
    complaints.messages.clear()
