"""A clerk's upload of one workbook with the sheets of several registers, and of several files, with a real worker."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TELEPHONE
from tests.communities.test_sheets import facility_row
from tests.faults.processes import worker
from tests.orgs.test_sheets import row as organization_row
from tests.uploads.office import write_workbook
from tests.uploads.test_several_files import workbook
from uploads.models import UploadBatch

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_clerk_sends_a_workbook_of_two_registers_and_finds_both(scripts, place, period, clerk, enter, tmp_path):
    path = tmp_path / "两张登记表.xlsx"
    workbook(path, 设施=[facility_row()], 组织=[organization_row()])
    page = enter(clerk, "/uploads/new/", scripts=scripts)
    page.get_by_label("文件").set_input_files(path)
    with worker():
        page.get_by_role("button", name="上传并检查").click()
        if not scripts:
            see_the_end(page, "同一次上传的其他批次")
            page.get_by_text("同一次上传的其他批次").click()
            page.get_by_role("link", name="看本次上传的全部批次").click()
            see_the_end(page, "都检查完了")
        expect(page.get_by_text("共 2 个批次，都检查完了")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("cell", name="服务设施", exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="社会组织", exact=True)).to_be_visible()
    page.get_by_role("link", name="处理下一个").click()
    expect(page.get_by_role("button", name="全部入库")).to_be_visible()
    expect(page.get_by_role("heading", name="两张登记表.xlsx（服务设施）")).to_be_visible()
    page.get_by_text("同一次上传的其他批次 1").click()
    expect(page.get_by_text("社会组织（待确认）")).to_be_visible()


def see_the_end(page, text):
    """Open the link that shows the progress until the text is there."""
    for _ in range(240):
        if page.get_by_text(text).first.is_visible():
            return
        page.wait_for_timeout(250)
        link = page.get_by_role("link", name="刷新看进度")
        if link.is_visible():
            link.click()


def test_several_files_chosen_at_once_become_a_batch_each(place, period, clerk, enter, tmp_path):
    page = enter(clerk, "/uploads/new/", screen=TELEPHONE)
    files = [write_workbook(tmp_path / f"{name}.xlsx", [facility_row(设施名称=name)]) for name in ("甲", "乙")]
    drop = page.get_by_label("文件")
    assert drop.bounding_box()["height"] >= 70, "the area is large enough for dropping files on it"
    drop.set_input_files(files)
    expect(page.get_by_role("list", name="选好的文件").get_by_role("listitem")).to_have_text(["甲.xlsx", "乙.xlsx"])
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_text("共 2 个批次，还有 2 个在处理")).to_be_visible()
    link = page.get_by_role("link", name="甲.xlsx")
    link.focus()
    with page.expect_response(lambda answer: "waiting=2" in answer.url):
        pass
    page.wait_for_timeout(300)
    expect(link).to_be_focused()  # the table was exchanged meanwhile
    assert sorted(UploadBatch.objects.values_list("file_name", flat=True)) == ["乙.xlsx", "甲.xlsx"]
