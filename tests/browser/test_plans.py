"""Changing a target plan in a real browser: preview it, read the result, save it."""

import os
from pathlib import Path

import pytest

from accounts.models import Role
from targets.actions import compute_period
from targets.models import Target
from tests.browser.conftest import TELEPHONE
from tests.factories import make_facility, make_organization, make_period, make_place, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture
def administrator():
    place = make_place()
    for community in place.communities:
        make_organization(community)
        make_facility(community, area=480)
    compute_period(make_period("2018-06"))
    return make_user(Role.BUREAU_ADMIN, place.city)


def save_screenshot(page, name):
    """Save a screenshot if PICTURES names a folder."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("scripts", [True, False])
def test_an_administrator_tries_a_change_out_and_saves_it(administrator, enter, scripts):
    page = enter(administrator, "/plans/", scripts=scripts)
    save_screenshot(page, "plans")
    page.get_by_role("link", name="“三社联动”2020年目标方案").click()
    save_screenshot(page, "plan")
    page.get_by_role("link", name="修改城市社区设施面积").click()
    save_screenshot(page, "target")
    page.get_by_label("下限", exact=False).first.fill("450")
    page.get_by_role("button", name="预览影响").click()
    save_screenshot(page, "trial")
    county = page.get_by_role("row").filter(has_text="城区")
    assert "0.0% → 60.0%" in " ".join(county.inner_text().split())
    page.get_by_label("修改原因", exact=False).fill("按会议意见")
    page.get_by_role("button", name="保存为新版本").click()
    page.get_by_text("已保存为第2版").wait_for()
    save_screenshot(page, "saved")
    assert Target.objects.get(plan__is_current=True, code="urban_facility_area").at_least == 450


def test_the_plan_can_be_read_on_a_telephone(administrator, enter):
    page = enter(administrator, "/plans/2025/", screen=TELEPHONE)
    save_screenshot(page, "plan_telephone")
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    page.goto("/plans/2020/targets/urban_org_count/")
    page.get_by_role("button", name="预览影响").click()
    save_screenshot(page, "trial_telephone")
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
