"""Changing many records at once in a real browser, and taking that back from the history of one of them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import Role
from orgs.models import SocialOrganization
from tests.browser.conftest import DESK, TELEPHONE
from tests.factories import make_organization, make_period, make_place, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture
def clerk() -> Any:
    """Return the clerk of a county with four organizations."""
    place = make_place()
    make_period("2018-06")
    for letter in "甲乙丙丁":
        make_organization(place.communities[0], f"演示{letter}协会")
    return make_user(Role.DISTRICT_CLERK, place.county)


@pytest.mark.parametrize(("screen", "scripts"), [(DESK, True), (TELEPHONE, False)])
def test_three_organizations_get_another_category_and_their_old_one_again(clerk, enter, screen, scripts):
    page = enter(clerk, "/organizations/", screen=screen, scripts=scripts)
    for letter in "甲乙丙":
        page.get_by_role("checkbox", name=f"选择演示{letter}协会").check()
    page.get_by_label("批量修改勾选的记录").select_option("类别")
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("类别改为").select_option("公益慈善类")
    page.get_by_label("修改的原因").fill("按新的分类口径统一调整")
    page.get_by_role("button", name="看看会改什么").click()
    expect(page.get_by_text("社区服务类 改为 公益慈善类")).to_have_count(3)
    page.get_by_role("button", name="修改这 3 条").click()
    expect(page.get_by_text("已修改3条社会组织的“类别”")).to_be_visible()
    assert SocialOrganization.objects.filter(category="charity").count() == 3
    page.get_by_role("link", name="演示乙协会").click()
    expect(page.get_by_text("按新的分类口径统一调整")).to_be_visible()
    page.get_by_role("link", name="撤销", exact=False).last.click()
    expect(page.get_by_text("恢复成修改前的内容").first).to_be_visible()
    page.get_by_role("button", name="撤销这次修改").click()
    expect(page.get_by_text("已撤销：批量修改社会组织的“类别”，3条")).to_be_visible()
    assert SocialOrganization.objects.filter(category="community_service").count() == 4


def test_ticks_of_one_page_are_kept_on_the_next(clerk, enter):
    community = SocialOrganization.objects.first().community
    for number in range(30):
        make_organization(community, f"演示{number:02}社")
    page = enter(clerk, "/organizations/")
    first = page.get_by_role("checkbox", name="选择演示").first
    first.check()
    page.get_by_role("link", name="下一页").click()
    expect(page.get_by_text("别的页上还勾选了 1 条")).to_be_visible()
    page.get_by_role("checkbox", name="选择演示").first.check()
    page.get_by_role("link", name="上一页").click()
    expect(first).to_be_checked()
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("改为").wait_for()
    assert len(page.locator("input[name=selected]").input_value().split()) == 2


def test_ticks_of_other_pages_can_be_taken_back(clerk, enter):
    community = SocialOrganization.objects.first().community
    for number in range(30):
        make_organization(community, f"演示{number:02}社")
    page = enter(clerk, "/organizations/")
    page.get_by_role("checkbox", name="选择本页全部").check()
    page.get_by_role("link", name="下一页").click()
    page.get_by_role("button", name="取消这些勾选").click()
    expect(page.get_by_text("别的页上还勾选了")).to_have_count(0)
    page.get_by_role("link", name="上一页").click()
    expect(page.get_by_role("checkbox", name="选择演示").first).not_to_be_checked()


def test_without_scripts_the_list_says_that_ticks_end_with_the_page(clerk, enter):
    page = enter(clerk, "/organizations/", scripts=False)
    expect(page.get_by_text("翻页、改条件以后，这一页的勾选不会保留")).to_be_visible()
