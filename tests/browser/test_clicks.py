"""How many clicks the daily work takes: a month of five registers, and one telephone number."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from changzhi_portal.registers.registry import needed_registers
from communities.models import Facility
from services.models import ServiceProject
from socialworkers.models import SocialWorker
from submissions.models import Submission
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import make_worker
from tests.orgs.test_sheets import row as organization_row
from tests.services.test_sheets import row as project_row
from tests.socialworkers.test_sheets import row as worker_row
from tests.submissions.reporting import make_due, settle
from tests.uploads.office import write_workbook

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


class Clicks:
    """Count of clicks; choosing files in the browser's own dialog counts as one."""

    def __init__(self) -> None:
        self.number = 0

    def on(self, target) -> None:
        """Click."""
        self.number += 1
        target.click()


def test_five_registers_are_uploaded_previewed_and_reported_in_at_most_twenty_clicks(
    place, clerk, enter, tmp_path, eager_tasks
):
    settle(place)
    make_due()
    rows = {
        "社区": community_row(户数=1_001),
        "设施": facility_row(),
        "组织": organization_row(),
        "工作者": worker_row("和平社区"),
        "项目": project_row(),
    }
    files = [write_workbook(tmp_path / f"{name}.xlsx", [row]) for name, row in rows.items()]
    page, clicks = enter(clerk), Clicks()
    for register in needed_registers():
        with page.expect_download():
            clicks.on(page.get_by_role("link", name=re.compile(f"下载已填的表 ?：{register.title}$")))
    clicks.on(page.get_by_role("link", name="上传表格"))
    clicks.number += 1
    page.get_by_label("文件").set_input_files(files)
    clicks.on(page.get_by_role("button", name="上传并检查"))
    clicks.on(page.get_by_role("link", name="处理下一个"))
    for number in range(5):
        expect(page.get_by_role("region", name="确认入库")).to_be_visible()
        assert page.locator("#rows").is_visible(), "the preview is seen before the decision"
        if number:
            expect(page.get_by_text("正在入库。接着看")).to_be_visible()
        clicks.on(page.get_by_role("button", name="全部入库"))
    expect(page.get_by_text("本月5张登记表都已报")).to_be_visible()
    clicks.on(page.get_by_role("link", name="检查并上报"))
    for field in page.locator("input[name^='each:']").all():  # what is asked about is typed, not clicked
        field.fill("演示：已核对")
    clicks.on(page.get_by_role("button", name="确认无误，上报"))
    expect(page.get_by_text("已上报，请等待市局审核")).to_be_visible()
    assert clicks.number == 16  # of at most 20
    assert Submission.objects.get().is_reported
    assert Facility.objects.count() == ServiceProject.objects.count() == SocialWorker.objects.count() == 1


def test_one_telephone_number_is_corrected_in_three_clicks_from_home(place, clerk, enter):
    worker = make_worker(place.communities[0], "演示张三")
    page, clicks = enter(clerk), Clicks()
    page.keyboard.press("/")
    page.keyboard.type("演示张三")
    page.keyboard.press("Enter")
    clicks.on(page.get_by_role("main").get_by_role("link", name="演示张三"))
    clicks.on(page.get_by_role("link", name="修改"))
    page.get_by_label("联系电话").fill("19900005678")
    clicks.on(page.get_by_role("button", name="保存"))
    expect(page.get_by_text("已保存。")).to_be_visible()
    assert clicks.number <= 3
    assert SocialWorker.objects.get(pk=worker.pk).phone.reveal() == "19900005678"
