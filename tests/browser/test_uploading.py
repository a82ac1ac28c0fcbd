"""A clerk's work with a wrong file: check, mark, correct in the page and in the file, commit, undo."""

from __future__ import annotations

import re

import openpyxl
import pytest
from playwright.sync_api import expect

from communities.models import Facility
from notices.models import Notice
from tests.browser.conftest import TELEPHONE
from tests.communities.test_sheets import facility_row
from tests.faults.processes import wait_until, worker
from tests.uploads.office import write_workbook
from uploads.models import UploadBatch

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


def upload(page, path):
    page.goto("/uploads/new/")
    page.get_by_label("登记表").select_option("服务设施")
    page.get_by_label("文件").set_input_files(path)
    page.get_by_role("button", name="上传并检查").click()


def wait_for(page, text):
    expect(page.get_by_text(text).first).to_be_visible(timeout=30_000)


def test_a_clerk_reads_the_marked_workbook_uploads_the_corrected_one_commits_and_undoes(
    place, period, clerk, enter, tmp_path
):
    rows = [
        facility_row(设施名称="甲中心", **{"建筑面积（㎡）": "五百多"}),
        facility_row("东关社区", 设施名称="乙中心", **{"设施类型": "车库"}),
        facility_row("下东社区", 设施名称="丙中心"),
    ]
    page = enter(clerk)
    with worker():
        upload(page, write_workbook(tmp_path / "演示设施.xlsx", rows))
        wait_for(page, "请按下面的清单改好文件后重新上传")
        expect(page.get_by_role("cell", name="G2", exact=True)).to_be_visible()
        expect(page.get_by_role("cell", name="F3", exact=True)).to_be_visible()

        with page.expect_download() as marked:
            page.get_by_role("link", name="下载标出问题的表格").click()
        marked.value.save_as(tmp_path / "标出问题.xlsx")
        book = openpyxl.load_workbook(tmp_path / "标出问题.xlsx")
        sheet = book["Sheet1"]
        assert "应填数字" in sheet["G2"].comment.text
        assert "只能填" in sheet["F3"].comment.text
        sheet["G2"], sheet["F3"] = 520, "活动场所"
        mended = tmp_path / "演示设施改好.xlsx"
        book.save(mended)

        upload(page, mended)
        wait_for(page, "有错误 0")
        page.get_by_role("button", name="全部入库").click()
        wait_for(page, "已入库：新增3行")
        page.goto("/facilities/")
        expect(page.locator(".pager-count")).to_contain_text("共 3 条")
        expect(page.get_by_role("link", name="乙中心")).to_be_visible()

        page.goto(f"/uploads/{UploadBatch.objects.get(state='committed').ref}/")
        page.get_by_role("link", name="撤销入库").click()
        expect(page.get_by_text("从登记表中删除")).to_be_visible()
        page.get_by_role("button", name="撤销入库").click()
        wait_for(page, "已撤销3行")
        page.goto("/facilities/")
        expect(page.get_by_text("乙中心")).to_have_count(0)
    assert not Facility.objects.exists()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_column_is_mapped_and_a_cell_mended_in_the_page(scripts, place, period, clerk, enter, tmp_path):
    row = facility_row(设施名称="甲中心") | {"占地多少": "五百多"}
    del row["建筑面积（㎡）"]
    page = enter(clerk, scripts=scripts)

    def settle(text):
        """Without scripts the user opens the link that shows the progress."""
        target = page.get_by_text(text).first
        for _ in range(0 if scripts else 120):
            if target.is_visible():
                break
            page.wait_for_timeout(250)
            link = page.get_by_role("link", name="刷新看进度")
            if link.is_visible():
                link.click()
        expect(target).to_be_visible(timeout=30_000)

    with worker():
        upload(page, write_workbook(tmp_path / "演示设施.xlsx", [row]))
        settle("没有写入任何数据")
        page.get_by_role("link", name="手工对应各列").click()
        page.get_by_label("占地多少").select_option("建筑面积（㎡）")
        page.get_by_role("button", name="保存并重新检查").click()
        settle("请按下面的清单改好文件后重新上传")
        page.get_by_label("H2改成").fill("530")
        page.get_by_role("row").filter(has_text="H2").get_by_role("button", name="改", exact=True).click()
        expect(page.get_by_text("第2行没有错误了")).to_be_visible()
        page.get_by_role("button", name="全部入库").click()
        settle("已入库：新增1行")
    assert str(Facility.objects.get().area) == "530.00"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_rows_are_mended_one_after_the_other_each_in_one_form(scripts, place, period, clerk, enter, send):
    wrong = {"设施类型": "车库", "建筑面积（㎡）": "五百多"}
    rows = [facility_row(设施名称=name, **wrong) for name in ("甲中心", "乙中心")]
    batch = UploadBatch.objects.get(pk=send("facilities", clerk, rows)["batch"])
    page = enter(clerk, f"/uploads/{batch.ref}/", scripts=scripts)
    page.get_by_role("link", name="改这一行").first.click()
    kind, area = page.get_by_label("设施类型"), page.get_by_label("建筑面积（㎡）")
    expect(kind).to_be_focused()
    expect(kind).to_have_accessible_description(re.compile("只能填"))
    expect(kind.locator("option:checked")).to_have_text("文件里写的：车库")
    kind.select_option("活动场所")
    area.fill("520")
    page.get_by_role("button", name="保存并看下一个有问题的行").click()
    expect(page.get_by_text("第2行没有错误了")).to_be_visible()
    expect(page.get_by_label("设施名称")).to_have_value("乙中心")
    area.fill("530")
    area.press("Enter")
    expect(page.get_by_text("第3行还有错误，请看下面写明的问题")).to_be_visible()
    expect(area).to_have_value("530.00")
    kind.select_option("活动场所")
    page.get_by_role("button", name="保存并重新核对").click()
    expect(page.get_by_text("第3行没有错误了")).to_be_visible()
    expect(page.get_by_text("在页面上改过 4 格")).to_be_visible()
    expect(page.get_by_role("button", name="全部入库")).to_be_visible()


def test_a_notice_appears_when_work_is_done_and_goes_when_it_has_been_seen(place, period, clerk, enter, tmp_path):
    page = enter(clerk)
    with worker():
        upload(page, write_workbook(tmp_path / "演示设施.xlsx", [facility_row()]))
        page.goto("/")  # no page is open while the worker runs
        for _ in range(100):
            if UploadBatch.objects.get().state == UploadBatch.State.CHECKED:
                break
            page.wait_for_timeout(200)
        page.reload()
        notices = page.get_by_role("link", name=re.compile("^通知"))
        expect(notices).to_contain_text("1")
        notices.click()
        page.get_by_role("link", name="服务设施检查完了，请确认入库").click()
        # The page marks it as seen once it has loaded.
        wait_until(lambda: not Notice.objects.unseen().exists(), what="marking the notice as seen")
        page.reload()
        expect(page.locator(".notice-count")).to_have_count(0)


def test_the_pages_about_a_batch_fit_a_telephone(place, period, clerk, enter, send):
    rows = [
        facility_row(设施名称="演示很长的设施名称" * 6, **{"建筑面积（㎡）": "五百多平方米左右不太清楚"}),
        facility_row() | {"一个谁也不认识的很长很长的列名": "1"},
    ]
    answer = send("facilities", clerk, rows)
    done = send("facilities", clerk, [facility_row()], commit="all")
    checked, committed = (UploadBatch.objects.get(pk=each["batch"]).ref for each in (answer, done))
    page = enter(clerk, screen=TELEPHONE)
    page.goto(f"/uploads/{committed}/")
    one_line = page.locator(".breadcrumb a").first.bounding_box()["height"]
    assert page.get_by_role("link", name="撤销入库").bounding_box()["height"] < 2 * one_line, "one sign below the other"
    for path in (
        f"/uploads/{checked}/",
        f"/uploads/{checked}/?tab=new",
        f"/uploads/{checked}/?tab=absent",
        f"/uploads/{checked}/columns/",
        f"/uploads/{checked}/month/",
        f"/uploads/{checked}/correct/?row=1",
        f"/uploads/{committed}/undo/",
        "/notices/",
    ):
        page.goto(path)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{path} is {wider} px wider than the screen"
        if "?tab=" in path:
            tab = page.locator(".tabs .active").bounding_box()
            assert tab["x"] >= 0 and tab["x"] + tab["width"] <= TELEPHONE["width"], "the chosen tab is in sight"
