"""Adding, changing and ending records in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import Role
from orgs.models import SocialOrganization
from tests.browser.conftest import DESK, TELEPHONE
from tests.factories import make_organization, make_period, make_place, make_user, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture
def office() -> Any:
    """Return a place with one organization and one worker, and the clerk of its county."""
    place = make_place()
    make_period("2018-06")
    make_organization(place.communities[0], "演示书画社", phone="19900001111")
    make_worker(place.communities[0], "李演示")
    return place, make_user(Role.DISTRICT_CLERK, place.county)


@pytest.mark.parametrize(("screen", "scripts"), [(DESK, True), (TELEPHONE, True), (DESK, False)])
def test_a_telephone_number_is_changed_from_the_list_in_three_steps(office, enter, screen, scripts):
    _, clerk = office
    page = enter(clerk, "/organizations/", screen=screen, scripts=scripts)
    page.get_by_role("link", name="演示书画社").click()
    page.get_by_role("link", name="修改", exact=True).click()
    phone = page.get_by_label("联系电话")
    expect(phone).to_have_value("199****1111")
    phone.fill("19900002222")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存。")).to_be_visible()
    expect(page.get_by_text("199****2222").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") or not scripts
    assert SocialOrganization.objects.get().phone.reveal() == "19900002222"


def test_what_is_wrong_is_said_at_the_field_which_has_the_focus(office, enter, complaints):
    _, clerk = office
    page = enter(clerk, "/registers/organizations/new/")
    page.get_by_label("名称 *", exact=True).fill("演示合唱团")
    page.get_by_label("成员人数").fill("很多")
    page.get_by_role("button", name="保存").click()
    count = page.get_by_label("成员人数")
    expect(count).to_have_value("很多")
    expect(count).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("管理方式")).to_be_focused()
    expect(page.get_by_label("管理方式")).to_have_accessible_description(re.compile("必填项"))
    assert len(complaints.messages) == 1  # the status of the refusal
    complaints.messages.clear()


def test_a_worker_gets_a_new_posting_and_leaves_it(office, enter):
    _, clerk = office
    page = enter(clerk, "/workers/")
    page.get_by_role("link", name="李演示").click()
    page.get_by_role("link", name="新任职").click()
    page.get_by_label("社区名称").fill("东关社区")
    page.get_by_label("到岗日期").fill("2018-06-01")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存。")).to_be_visible()
    expect(page.get_by_role("link", name="东关社区居委会").first).to_be_visible()
    page.get_by_role("link", name="离岗", exact=True).click()
    page.get_by_label("离岗日期").fill("2018-06-20")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="撤销离岗").click()
    page.get_by_role("button", name="恢复").click()
    expect(page.get_by_role("link", name="离岗", exact=True)).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_town_that_is_chosen_lists_its_communities(office, enter, scripts):
    place, clerk = office
    page = enter(clerk, "/registers/facilities/new/", scripts=scripts)
    words = page.locator("#offered-community_name option")
    assert words.count() == 5, "all of the county, which are few"
    page.get_by_label("设施名称").fill("文化中心")
    page.get_by_label("街道（乡镇）").select_option("西街街道办事处")
    button = page.get_by_role("button", name="列出所选街道（乡镇）的社区")
    assert button.is_visible() is not scripts
    if not scripts:
        button.click()
    expect(words).to_have_count(2)
    names = [words.nth(number).get_attribute("value") for number in range(2)]
    assert names == [community.name for community in place.other_communities]
    expect(page.get_by_label("设施名称")).to_have_value("文化中心")
    expect(page.get_by_label("街道（乡镇）")).to_have_value("西街街道办事处")
