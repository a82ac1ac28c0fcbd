"""A month with two users: a clerk reports, the bureau returns and accepts; with scripts and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TELEPHONE
from tests.submissions.reporting import doubtful_facility, make_due, settle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture
def due(place):
    """Create June 2018, due in three days, with one facility of improbable size."""
    settle(place)
    doubtful_facility(place)
    return make_due()


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_to_do_over_the_checks_to_an_accepted_report(scripts, place, due, clerk, officer, enter, complaints):
    desk = enter(clerk, scripts=scripts)
    expect(desk.get_by_role("heading", name="2018年6月上报")).to_be_visible()
    desk.get_by_role("link", name="检查并上报").click()
    expect(desk.get_by_text("设施面积过大（1）")).to_be_visible()
    desk.get_by_role("button", name="确认无误，上报").click()
    expect(desk.get_by_text(re.compile("处需要说明情况"))).to_be_visible()
    # The browser reports the status of the refusal; it must report nothing else.
    assert all("422" in words for words in complaints.messages)
    complaints.messages.clear()
    for field in desk.locator("input[name^='each:']").all():
        field.fill("含地下车库，已现场核对")
    desk.get_by_role("button", name="确认无误，上报").click()
    expect(desk.get_by_text("城区2018年6月已上报，请等待市局审核")).to_be_visible()

    bureau = enter(officer, scripts=scripts)
    bureau.get_by_role("link", name="审核上报（1）").click()
    bureau.get_by_role("link", name="城区").click()
    expect(bureau.get_by_text("含地下车库，已现场核对").first).to_be_visible()
    bureau.get_by_label("有问题的，写明要改什么，退回重报").fill("请写明车库面积")
    bureau.get_by_role("button", name="退回").click()
    expect(bureau.get_by_text("已退回城区2018年6月的上报")).to_be_visible()

    desk.goto("/")
    expect(desk.get_by_text("请写明车库面积")).to_be_visible()
    desk.get_by_role("link", name="改正后重新上报").click()
    expect(desk.locator("input[name^='each:']").first).to_have_value("含地下车库，已现场核对")
    if scripts:
        expect(desk.locator(".notice-count")).to_have_count(0)
    desk.get_by_role("button", name="重新上报").click()

    bureau.get_by_role("link", name="城区").click()
    bureau.get_by_role("button", name="接收").click()
    expect(bureau.get_by_text("已接收城区2018年6月的上报")).to_be_visible()
    bureau.goto("/")
    bureau.get_by_role("button", name=re.compile("催报 ?襄垣县")).click()
    expect(bureau.get_by_text("襄垣县没有填报员账号，请电话联系")).to_be_visible()
    expect(bureau.get_by_role("button", name=re.compile("催报 ?襄垣县"))).to_have_count(0)


def test_no_page_of_the_month_is_wider_than_a_telephone(place, due, clerk, officer, enter):
    for user in (clerk, officer):
        page = enter(user, screen=TELEPHONE)
        for path in ("/", "/submissions/", "/submissions/201806-140402/", "/notices/"):
            page.goto(path)
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider <= 0, f"{path} is {wider} px wider than the screen"
