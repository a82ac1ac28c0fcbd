"""An officer's day: review one county after the other, ask at a finding, return, accept, remind the rest."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from submissions.actions import submit_month
from tests.browser.conftest import TELEPHONE
from tests.factories import make_division, make_user
from tests.submissions.reporting import doubtful_facility, explained, make_due, settle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture
def due(place, clerk, other_clerk):
    """Create June 2018 with two reports that wait, one with a doubtful figure, and a county that has not reported."""
    settle(place)
    doubtful_facility(place)
    owing = make_division("140499", "演示县", place.city)
    make_user("district_clerk", owing)
    period = make_due()
    submit_month(period=period, county=place.county, by=clerk, explanations=explained(period, place.county))
    submit_month(period=period, county=place.other_county, by=other_clerk)
    return period


def test_from_the_first_county_that_waits_to_reminding_the_rest(place, due, clerk, officer, enter, complaints):
    desk = enter(officer)
    desk.get_by_role("link", name="审核上报（2）").click()
    desk.get_by_role("link", name="城区").click()
    expect(desk.get_by_text("还有1个县（市、区）待审核")).to_be_visible()
    desk.get_by_role("link", name=re.compile("写意见")).first.click()
    desk.get_by_label("要城区核对或者说明什么").fill("是否含地下车库？")
    desk.get_by_role("button", name="发出").click()
    expect(desk.get_by_text("意见已发出，城区的填报员会收到通知")).to_be_visible()
    desk.get_by_role("link", name="返回上报").click()
    note = desk.get_by_label("有问题的，写明要改什么，退回重报")
    expect(note).to_have_value(re.compile("是否含地下车库？"))
    desk.get_by_role("button", name="退回").click()

    # The next county, with the keyboard: the decision has the focus, and Tab leads to its first button.
    expect(desk.get_by_text("还有1个县（市、区）待审核，下面是襄垣县2018年6月的上报")).to_be_visible()
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("button", name="接收")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("没有别的县（市、区）待审核了")).to_be_visible()

    desk.get_by_role("link", name="催报全部2个").click()
    expect(desk.get_by_role("cell", name="没有催过").first).to_be_visible()
    desk.get_by_role("checkbox", name="城区").uncheck()
    desk.get_by_role("button", name="发出催报通知").click()
    expect(desk.get_by_text("已向演示县的填报员发出催报通知")).to_be_visible()
    expect(desk.get_by_text("已向城区")).to_have_count(0)

    county = enter(clerk)
    county.goto("/submissions/201806-140402/")
    expect(county.get_by_text("市局对1处提了意见，请逐处答复")).to_be_visible()
    assert complaints.messages == []


def test_no_page_of_the_review_is_wider_than_a_telephone(place, due, officer, enter):
    page = enter(officer, screen=TELEPHONE)
    paths = (
        "/submissions/201806-140402/",
        "/submissions/remind/2018-06/",
        "/report-forms/201806-140402/",
        "/quality/thresholds/",
        "/quality/thresholds/change/",
    )
    for path in paths:
        page.goto(path)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{path} is {wider} px wider than the screen"
