"""A department applies, is refused with the clause, is sent back, gets its item approved; the street sees it; it ends."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Role
from tests.browser.conftest import DESK, TELEPHONE
from tests.factories import make_user
from workload.actions import end_expired
from workload.models import WorkItem

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]
LIST = "/workload/items/"


@pytest.mark.parametrize(("screen", "scripts"), [(DESK, True), (TELEPHONE, False)])
def test_from_the_application_to_the_end(screen, scripts, place, clerk, street_clerk, enter, complaints):
    department = make_user(Role.DEPARTMENT_CLERK, place.county)
    begins = timezone.localdate() + datetime.timedelta(days=90)
    page = enter(department, LIST, screen=screen, scripts=scripts)
    page.get_by_role("link", name="申请准入").first.click()
    page.get_by_role("link", name="调查统计").click()
    expect(page.get_by_label("挂牌位置")).to_have_count(0)
    page.get_by_label("名称").fill("演示低保户调查")
    page.get_by_label("清单").select_option(label="准入")
    page.get_by_label("依据").fill("演示文件〔2018〕3号")
    page.get_by_label("居（村）委会角色").select_option(label="协助")
    page.locator("#id_valid_from").fill(begins.isoformat())
    page.get_by_label("采集项目").fill("总户数\n低保户数")
    page.get_by_role("button", name="保存").click()
    refusal = page.get_by_text("需要社区协助的事项，必须提供经费和必要的工作条件。［四（一）4］")
    expect(refusal.first).to_be_visible()
    page.get_by_label("每社区年经费（元）").fill("300")
    page.get_by_label("人员设备培训").fill("培训一次")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("总户数：系统已有，不得重复采集（社区登记表“户数”）")).to_be_visible()
    page.get_by_role("link", name="提交").click()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("还有15个工作日")).to_be_visible()

    county = enter(clerk, "/workload/waiting/", screen=screen, scripts=scripts)
    county.get_by_role("link", name="演示低保户调查").click()
    county.get_by_role("link", name="退回").click()
    county.get_by_label("退回原因").fill("每个社区300元不够，请增加经费［四（一）4］")
    county.get_by_role("button", name="退回").click()
    expect(county.get_by_text("已退回。")).to_be_visible()

    page.reload()
    expect(page.get_by_text("退回的理由：每个社区300元不够，请增加经费［四（一）4］")).to_be_visible()
    page.get_by_role("link", name="修改").click()
    page.get_by_label("每社区年经费（元）").fill("800")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="提交").click()
    page.get_by_role("button", name="提交").click()

    county.goto("/workload/waiting/")
    county.get_by_role("link", name="批准").click()
    expect(county.get_by_text("批准的只是其余的")).to_be_visible()
    county.get_by_role("button", name="批准").click()
    expect(county.get_by_text("批准采集的是其余的项目")).to_be_visible()

    WorkItem.objects.update(valid_from=timezone.localdate())  # its first day has come
    street = enter(street_clerk, LIST, screen=screen, scripts=scripts)
    expect(street.get_by_role("link", name="演示低保户调查")).to_be_visible()
    expect(street.get_by_text("800.00")).to_be_visible()
    expect(street.get_by_role("link", name="登记事项")).to_have_count(0)

    WorkItem.objects.update(valid_to=timezone.localdate())
    assert end_expired(timezone.localdate()) == 1
    street.reload()
    expect(street.get_by_role("link", name="演示低保户调查")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("已终止").first).to_be_visible()
    [refused] = complaints.messages
    assert "422" in refused, "the application without money, as it should"
    complaints.messages.clear()
