"""A street clerk's month without a spreadsheet, in a real browser."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role
from changelog.models import ChangeSet
from communities.models import CommunityEntry, CommunityProfile, Facility
from orgs.models import SocialOrganization
from socialworkers.models import Posting
from tests.browser.conftest import DESK, TELEPHONE
from tests.factories import (
    make_facility,
    make_organization,
    make_period,
    make_place,
    make_profile,
    make_user,
    make_worker,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


def group(page: Page, name: str):
    """Return the group of a register, opened."""
    found = page.locator("details.entry-group").filter(has=page.get_by_role("heading", name=name))
    if found.get_attribute("open") is None:
        found.locator("summary").first.click()
    return found


@pytest.mark.parametrize(("screen", "scripts"), [(DESK, True), (TELEPHONE, False)])
def test_a_clerk_enters_the_month_by_editing_only(enter, complaints, screen, scripts):
    place = make_place()
    make_period("2018-06")
    first, second, third = place.communities
    for each in place.communities:
        make_profile(each, residents=2_400, households=800)
    make_facility(first, "党群服务中心")
    for number in range(12):
        make_organization(first, f"演示第{number}队")
    make_worker(first, "李演示")
    page = enter(make_user(Role.STREET_CLERK, place.street), screen=screen, scripts=scripts)

    page.get_by_role("link", name="开始填：").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(first.name)
    page.get_by_label("常住人口").fill("2450")
    expect(page.get_by_text("上月 2,400")).to_have_text(re.compile(r"\+50" if scripts else "上月 2,400"))
    facilities = group(page, "服务设施")
    facilities.get_by_text("新增服务设施").click()
    facilities.get_by_label("设施名称").fill("文化中心")
    new = facilities.locator(".entry-new-one")
    new.get_by_label("设施类型").select_option("活动场所")
    new.get_by_label("建筑面积").fill("120")
    new.get_by_label("启用日期").fill("2018-06-04")
    organizations = group(page, "社会组织")
    organizations.get_by_text("新增社会组织").click()
    new = organizations.locator(".entry-new-one")
    new.get_by_label("名称").fill("演示合唱团")
    new.get_by_label("管理方式").select_option("街道备案")
    new.get_by_label("成立日期").fill("2018-06-10")
    workers = group(page, "社会工作者")
    workers.get_by_label("离岗日期：李演示").fill("2018-06-20")
    page.get_by_role("button", name="保存并到下一个社区").click()

    # The kind of the organization is missing: said at its field, which has the focus, and nothing is lost.
    kind = organizations.locator(".entry-new-one").get_by_label("类别", exact=False)
    expect(kind).to_be_focused()
    expect(page.get_by_label("常住人口")).to_have_value("2450")
    assert not ChangeSet.objects.exists()
    complaints.messages.clear()  # the status of the refusal
    kind.select_option("文体活动类")
    page.get_by_role("button", name="保存并到下一个社区").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(second.name)
    expect(page.get_by_text("和平社区居委会已保存。")).to_be_visible()
    expect(page.get_by_text("1/3")).to_be_visible()
    if scripts:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("常住人口").fill("2390")
    page.get_by_label("常住人口").press("Enter")  # saves and stays
    expect(page.get_by_text("东关社区居委会已保存。")).to_be_visible()
    expect(page.get_by_label("常住人口")).to_have_value("2390")
    page.get_by_role("link", name="下一个社区").click()
    page.get_by_role("button", name="本月无变动").click()
    expect(page.get_by_text("2018年6月所有社区都填好了。")).to_be_visible()
    expect(page.get_by_text("已填3个，都填好了")).to_be_visible()

    month_end = datetime.date(2018, 6, 30)
    figures = CommunityProfile.objects.filter(as_of=month_end).values_list("community__name", "residents", "households")
    assert set(figures) == {(first.name, 2_450, 800), (second.name, 2_390, 800)}
    assert Facility.objects.get(name="文化中心").area == Decimal(120)
    assert SocialOrganization.objects.filter(community=first).count() == 13
    assert Posting.objects.get().ended_on == datetime.date(2018, 6, 20)
    assert ChangeSet.objects.count() == 2
    assert set(CommunityEntry.objects.values_list("community__name", "state")) == {
        (first.name, "entered"),
        (second.name, "entered"),
        (third.name, "unchanged"),
    }
