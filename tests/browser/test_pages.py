"""Signing in, searching and reading the dashboard in a real browser."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from accounts.models import Role
from targets.actions import compute_period
from tests.browser.conftest import TELEPHONE
from tests.factories import (
    PASSWORD,
    make_batch,
    make_facility,
    make_organization,
    make_period,
    make_profile,
    make_project,
    make_user,
    make_worker,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture
def registers(place, period):
    """Create a record in every register of 城区, and measure the month."""
    for community in (*place.communities, *place.other_communities):
        make_profile(community, residents=3_500)
        make_organization(community)
        make_worker(community)
        make_facility(community, area=520 if community in place.other_communities else 420)
    make_project(place.county, *place.communities)
    compute_period(period)
    return place


def test_a_clerk_signs_in_and_finds_the_months_work(place, period, clerk, visit, complaints):
    page = visit("/communities/")
    page.get_by_label("用户名").fill(clerk.username)
    page.get_by_label("密码").fill("Wrong-2018-x")
    page.keyboard.press("Enter")
    expect(page.get_by_text("用户名或密码不对")).to_be_visible()
    expect(page.get_by_label("用户名")).to_be_focused()
    # The browser notes the refusal's status in its console.
    assert all("422" in words for words in complaints.messages)
    complaints.messages.clear()
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/communities/$"))
    page.get_by_role("link", name="首页").click()
    expect(page.get_by_role("heading", name="2018年6月填报")).to_be_visible()
    expect(page.get_by_text("城区 · 县区填报员")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()


def test_a_first_password_is_changed_on_the_way_in(place, visit):
    user = make_user(Role.DISTRICT_CLERK, place.county, must_change_password=True)
    page = visit("/")
    page.get_by_label("用户名").fill(user.username)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("当前密码").fill(PASSWORD)
    page.get_by_label("新密码", exact=False).nth(0).fill("Nuan-feng-47-wan")
    page.get_by_label("再输一次新密码").fill("Nuan-feng-47-wan")
    page.get_by_role("button", name="修改密码").click()
    expect(page.get_by_text("密码已修改")).to_be_visible()


def test_typing_in_the_search_box_narrows_the_list_at_once(registers, officer, enter):
    page = enter(officer, "/communities/")
    count = page.locator(".pager-count")
    expect(count).to_contain_text("共 7 条")
    page.get_by_label("搜索").press_sequentially("heping", delay=20)
    expect(count).to_contain_text("共 1 条")
    expect(page.get_by_role("link", name="和平社区居委会")).to_be_visible()
    expect(page.get_by_label("搜索")).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?q=heping$"))
    expect(page.locator("#announcer")).to_have_text("共1条记录")
    page.go_back()
    expect(count).to_contain_text("共 7 条")


def test_choosing_a_county_brings_its_towns(registers, officer, enter):
    page = enter(officer, "/communities/")
    town = page.get_by_role("combobox", name="街道（乡镇）")
    expect(town.get_by_role("option")).to_have_count(1)
    page.get_by_role("combobox", name="县（市、区）").select_option("城区")
    expect(town.get_by_role("option")).to_have_count(3)
    town.select_option("西街街道办事处")
    expect(page.locator(".pager-count")).to_contain_text("共 2 条")
    page.get_by_role("link", name="社区名称").click()
    expect(page.get_by_role("columnheader", name="社区名称")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator(".pager-count")).to_contain_text("共 2 条")
    page.get_by_role("combobox", name="县（市、区）").select_option("襄垣县")
    expect(page.locator("tbody")).to_contain_text("西垴头村委会")
    expect(town.locator("option:checked")).to_have_text("全部")


def test_a_reload_shows_the_page_again_and_back_the_page_before(registers, place, officer, enter):
    for number in range(60):
        make_organization(place.communities[0], f"演示{number:02}社")
    page = enter(officer, "/organizations/?sort=name")
    count = page.locator(".pager-count")
    for number in (2, 3):
        page.get_by_role("link", name="下一页").click()
        expect(count).to_contain_text(f"第 {number} / 3 页")
    assert page.url.endswith("/organizations/?sort=name&page=3")
    page.reload()
    expect(count).to_contain_text("第 3 / 3 页")
    page.go_back()
    expect(count).to_contain_text("第 2 / 3 页")


def test_everything_works_without_scripts(registers, officer, enter):
    page = enter(officer, "/communities/", scripts=False)
    page.get_by_role("combobox", name="县（市、区）").select_option("城区")
    page.get_by_role("button", name="查询").click()
    expect(page.locator(".pager-count")).to_contain_text("共 5 条")
    page.get_by_role("combobox", name="街道（乡镇）").select_option("西街街道办事处")
    page.get_by_role("button", name="查询").click()
    expect(page.locator(".pager-count")).to_contain_text("共 2 条")
    page.get_by_role("link", name="社区名称").click()
    expect(page.locator("tbody tr").first).to_contain_text("参府社区居委会")
    page.get_by_role("link", name="清除").click()
    expect(page.locator(".pager-count")).to_contain_text("共 7 条")
    page.goto("/dashboard/")
    page.get_by_label("区划").select_option("城区")
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_role("heading", name="城区")).to_be_visible()


def test_a_session_that_has_ended_leads_to_the_sign_in_page_and_back(registers, officer, enter):
    page = enter(officer, "/communities/")
    page.wait_for_load_state("networkidle")
    cache.clear()  # the cache contains the sessions
    page.get_by_role("combobox", name="类型").select_option("城市社区")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.get_by_label("用户名").fill(officer.username)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/communities/"))


def test_the_dashboard_leads_from_the_city_through_the_chart_to_a_community(registers, officer, enter):
    page = enter(officer, "/dashboard/")
    expect(page.get_by_role("heading", name="长治市")).to_be_visible()
    page.get_by_role("link", name="城市社区专业人才").click()
    expect(page.get_by_role("heading", name="每个城市社区配备2—5名社会工作专业人才")).to_be_visible()
    page.get_by_role("link", name="城市社区设施面积").click()
    page.locator(".chart-box").first.locator("a").first.click()
    expect(page.get_by_role("heading", name="城区")).to_be_visible()
    expect(page.get_by_role("heading", name="城市社区综合服务设施面积达到500平方米以上")).to_be_visible()
    page.locator(".chart-box").first.get_by_role("link", name="西街").click()
    expect(page.get_by_role("heading", name="城区西街街道办事处")).to_be_visible()
    page.go_back()
    page.locator("section[aria-label=社区名单]").get_by_role("link", name="和平社区居委会").click()
    expect(page.get_by_role("heading", name="达标情况")).to_be_visible()
    expect(page.get_by_text("未达标").first).to_be_visible()


def test_no_page_is_wider_than_a_telephone_or_makes_the_browser_complain(registers, clerk, period, enter):
    batch = make_batch(
        clerk,
        period=period,
        state="checked",
        rows=3,
        errors=1,
        new=2,
        file_name="演示数据" + "很长的文件名" * 8 + ".xlsx",
        problems=[{"level": "warning", "sheet": "设施", "cell": "O2", "value": "联系人", "message": "没有读取"}],
    )
    at_work = make_batch(clerk, period=period)
    community = registers.communities[0]
    page = enter(clerk, screen=TELEPHONE)
    for path in (
        "/",
        "/communities/",
        f"/communities/{community.ref}/",
        "/facilities/",
        f"/facilities/{community.facilities.get().ref}/",
        "/organizations/?q=没有",
        "/organizations/",
        "/workers/",
        f"/workers/{community.postings.get().worker.ref}/",
        "/projects/",
        f"/projects/{community.projects.get().ref}/",
        "/uploads/",
        "/uploads/new/",
        f"/uploads/{batch.ref}/",
        f"/uploads/{at_work.ref}/",
        "/dashboard/",
        "/dashboard/?target=district_agencies",
        "/briefings/",
        "/accounts/account/",
        "/accounts/password/",
    ):
        page.goto(path)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{path} is {wider} px wider than the screen"


def test_the_keyboard_reaches_the_content_first_and_shows_where_it_is(registers, clerk, enter):
    page = enter(clerk, "/communities/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#content :focus")).to_have_count(1)
    for found in (page.get_by_label("搜索"), page.get_by_role("button", name="查询")):
        found.focus()
        assert found.evaluate("element => getComputedStyle(element).outline").endswith("solid 3px")


def test_the_arrow_keys_walk_through_the_months_without_leaving_the_page(registers, officer, enter):
    make_period("2018-05")
    page = enter(officer, "/submissions/")
    page.get_by_label("统计月").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(300)
    expect(page).to_have_url(re.compile("/submissions/$"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("period=2018-05"))
    page.get_by_label("统计月").select_option("2018年6月")
    expect(page).to_have_url(re.compile("period=2018-06"))
