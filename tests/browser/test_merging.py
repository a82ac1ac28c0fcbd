"""Merging two records in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import Role
from orgs.models import SocialOrganization
from tests.browser.conftest import DESK, TELEPHONE
from tests.factories import credit_code, make_organization, make_period, make_place, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture
def clerk() -> Any:
    """Return the clerk of a county where an organization is registered twice."""
    place = make_place()
    make_period("2018-06")
    make_organization(place.communities[0], "演示书画社", phone="19900001111")
    registered: dict[str, Any] = {"registration": "registered", "credit_code": credit_code(91)}
    make_organization(place.street, "演示书画社", leader="王演示", phone="19911111111", **registered)
    make_organization(place.communities[1], "演示合唱团")
    make_organization(place.communities[1], "演示合唱队")
    return make_user(Role.DISTRICT_CLERK, place.county)


@pytest.mark.parametrize(("screen", "scripts"), [(DESK, True), (TELEPHONE, True), (DESK, False)])
def test_two_records_are_compared_merged_and_taken_apart_again(clerk, enter, screen, scripts):
    page = enter(clerk, "/organizations/", screen=screen, scripts=scripts)
    page.get_by_role("link", name="查找重复").click()
    page.get_by_role("link", name="比较“演示书画社”和“演示书画社”").click()
    expect(page.get_by_role("radio", name="王演示")).to_be_checked()
    page.get_by_role("radio", name="登记").check()
    page.get_by_label("合并的原因").fill("换证后又登记了一次")
    page.get_by_role("button", name="看看合并以后会怎样").click()
    expect(page.get_by_text("已锁定月份的结果不变")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") or not scripts
    page.get_by_role("button", name="确认合并").click()
    expect(page.get_by_text("已把“演示书画社”并入“演示书画社”")).to_be_visible()
    page.get_by_role("heading", name="并入这条记录的").locator("..").get_by_role("link", name="演示书画社").click()
    page.get_by_role("link", name="撤销合并").click()
    page.get_by_role("button", name="撤销合并").click()
    expect(page.get_by_text("已撤销合并")).to_be_visible()
    assert SocialOrganization.objects.count() == 4
