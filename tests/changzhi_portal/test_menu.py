"""Tests of the menu: what each role finds in it, where a page is marked, and the landing pages of its groups."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from accounts.models import ROLES_OF_PEOPLE, Role
from changzhi_portal.menu import GROUPS, MOST_AT_TOP, items_for, menu_items
from tests.factories import home_of, make_facility, make_organization, make_project, make_user, make_worker
from tests.queries import queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

REGISTERS = [
    "社区",
    "服务设施",
    "服务站点",
    "社会组织",
    "社会组织备案",
    "组织扶持",
    "活动",
    "社会工作者",
    "培训",
    "社工岗位",
    "购买服务",
    "购买清单",
    "项目评估",
    "经费支付",
    "社区月报",
    "满意度调查",
    "事项清单",
    "社区考核",
    "制度文件",
    "案例库",
]
EVERY_ROLE = {
    Role.DISTRICT_CLERK: {
        "本月任务": ["填报", "逐社区填报", "上报", "数据质量", "统计月", "待办准入", "购买服务待办", "经费对账"],
        "登记册": REGISTERS,
        "目标进展": ["看板", "县区对照", "达标情况", "工作指标", "两月对比", "目标方案"],
        "简报": ["简报"],
        "管理": ["部门"],
    },
    Role.STREET_CLERK: {
        "本月任务": ["填报", "逐社区填报", "数据质量", "统计月", "购买服务待办", "经费对账"],
        "登记册": REGISTERS,
        "目标进展": ["看板", "县区对照", "达标情况", "工作指标", "两月对比", "目标方案"],
        "简报": ["简报"],
    },
    Role.BUREAU_OFFICER: {
        "本月任务": ["填报", "逐社区填报", "上报", "数据质量", "统计月", "待办准入", "购买服务待办", "经费对账"],
        "登记册": REGISTERS,
        "目标进展": ["看板", "县区对照", "达标情况", "工作指标", "两月对比", "工作评价", "目标方案"],
        "简报": ["简报"],
    },
    Role.BUREAU_ADMIN: {
        "本月任务": ["填报", "逐社区填报", "上报", "数据质量", "统计月", "待办准入", "购买服务待办", "经费对账"],
        "登记册": REGISTERS,
        "目标进展": ["看板", "县区对照", "达标情况", "工作指标", "两月对比", "工作评价", "目标方案"],
        "简报": ["简报"],
        "管理": ["区划变更", "用户", "部门", "公告", "对接系统", "运行状况"],
    },
    Role.LEADER: {
        "本月任务": ["上报", "统计月"],
        "登记册": ["社区", "满意度调查", "事项清单", "社区考核", "制度文件", "案例库"],
        "目标进展": ["看板", "县区对照", "达标情况", "工作指标", "两月对比", "工作评价", "目标方案"],
        "简报": ["简报"],
    },
    Role.AUDITOR: {
        "本月任务": ["填报", "上报", "数据质量", "统计月", "购买服务待办", "经费对账"],
        "登记册": REGISTERS,
        "目标进展": ["看板", "县区对照", "达标情况", "工作指标", "两月对比", "工作评价", "目标方案"],
        "简报": ["简报"],
        "管理": ["用户"],
        "审计": ["审计记录", "导出和下载", "谁有什么权限", "区划变更"],
    },
    Role.SYSTEM_ADMIN: {"管理": ["用户", "部门", "运行状况"]},
    Role.WINDOW_CLERK: {},
    Role.DEPARTMENT_CLERK: {"登记册": ["事项清单"]},
}


def person(role, place):
    """Return a user of the role in 城区, in 东街街道, or in the city."""
    return make_user(role, home_of(role, place))


def links_of(page, label):
    """Return title, address and `aria-current` of each link of a part of the menu of wide screens."""
    found = re.search(rf'<nav class="[^"]*" aria-label="{label}">(.*?)(?:<details|</nav>)', page, re.DOTALL)
    return _links_in(found)


def folded_links(page):
    """Return the same of the menu of narrow screens, which has both lines."""
    return _links_in(re.search(r'<details class="menu-fold">(.*?)</details>', page, re.DOTALL))


def _links_in(found):
    links = re.findall(r"<a (.*?)>([^<]*)</a>", found[1] if found else "", re.DOTALL)
    return [
        (title, re.search('href="([^"]*)"', rest)[1], (re.search('aria-current="([^"]*)"', rest) or ["", ""])[1])
        for rest, title in links
    ]


@pytest.mark.parametrize("role", ROLES_OF_PEOPLE)
def test_every_role_finds_its_tasks_in_at_most_seven_groups(role, place, signed_in):
    user = person(role, place)
    found = {group.title: [item.title for item in items_for(user, group)] for group in GROUPS}
    assert {title: items for title, items in found.items() if items} == EVERY_ROLE[role]
    top = links_of(signed_in(user).get("/").content.decode(), "主菜单")
    assert [title for title, *_ in top] == ["首页", *EVERY_ROLE[role]]
    assert len(top) <= MOST_AT_TOP


def test_every_entry_has_a_place_of_its_own():
    places = [(item.group, item.position) for item in menu_items()]
    assert len(places) == len(set(places))
    assert all(item.group in GROUPS for item in menu_items())


@pytest.mark.parametrize("role", ROLES_OF_PEOPLE)
def test_every_link_of_the_menu_opens_and_is_marked_there(role, place, signed_in):
    browser = signed_in(person(role, place))
    for title, url, _ in links_of(browser.get("/").content.decode(), "主菜单"):
        page = browser.get(url)
        assert page.status_code == 200, title
        assert (title, url, "page") in links_of(page.content.decode(), "主菜单")
    for group in GROUPS:
        landing = browser.get(reverse("menu_group", args=[group.name]))
        for entry in landing.context["entries"] if landing.status_code == 200 else ():
            page = browser.get(entry["url"])
            assert page.status_code == 200, entry["title"]
            below = links_of(page.content.decode(), group.title)
            assert not below or (entry["title"], entry["url"], "page") in below


def test_the_folded_menu_has_all_entries_of_both_lines_and_says_where_one_is(place, officer, signed_in):
    browser = signed_in(officer)
    page = browser.get("/results/").content.decode()
    assert set(folded_links(page)) == {*links_of(page, "主菜单"), *links_of(page, "目标进展")}
    assert '<span class="menu-here">目标进展 · 达标情况</span>' in page
    home = browser.get("/").content.decode()
    assert folded_links(home) == links_of(home, "主菜单")
    assert '<span class="menu-here">首页</span>' in home


def test_the_forms_of_a_record_belong_to_its_register(place, clerk, signed_in):
    browser, facility = signed_in(clerk), make_facility(place.communities[0])
    for address in (
        reverse("changelog:edit", args=["facilities", facility.ref]),
        reverse("changelog:add", args=["facilities"]),
        facility.get_absolute_url(),
    ):
        page = browser.get(address).content.decode()
        assert ("登记册", reverse("menu_group", args=["registers"]), "true") in links_of(page, "主菜单")
        marked = [title for title, _, current in links_of(page, "登记册") if current]
        assert marked == ["服务设施"], address


def test_the_registers_page_counts_what_the_user_may_see(place, clerk, other_clerk, signed_in):
    for community in place.communities[:2]:
        make_facility(community)
    address = reverse("menu_group", args=["registers"])
    pages = []
    queries = queries_of(lambda: pages.append(signed_in(clerk).get(address)))
    assert {each["title"]: each["remark"] for each in pages[0].context["entries"]}["服务设施"] == "2处"
    assert sum("COUNT(" in str(query) for query in queries) == len(REGISTERS)
    other = signed_in(other_clerk).get(address).context["entries"]
    assert {each["title"]: each["remark"] for each in other}["服务设施"] == "0处"


def test_a_group_without_an_entry_for_the_role_does_not_exist(officer, signed_in):
    for name in ("management", "nonsense"):
        assert signed_in(officer).get(reverse("menu_group", args=[name])).status_code == 404


def test_the_crumbs_lead_from_the_group_over_the_places_to_the_record(place, clerk, signed_in):
    community = place.communities[0]
    facility, organization, worker = make_facility(community), make_organization(community), make_worker(community)
    project = make_project(place.county, community)
    county, town = place.county.name, community.town.name
    for record, listed, places in (
        (community, "社区", [county, town]),
        (facility, "服务设施", [county, town, community.name]),
        (organization, "社会组织", [county, town, community.name]),
        (worker, "社会工作者", [county, town, community.name]),
        (project, "购买服务项目", [county]),
    ):
        answer = signed_in(clerk).get(record.get_absolute_url())
        assert [crumb.title for crumb in answer.context["crumbs"]] == ["登记册", listed, *places]
        for crumb in answer.context["crumbs"]:
            assert signed_in(clerk).get(crumb.url).status_code == 200
