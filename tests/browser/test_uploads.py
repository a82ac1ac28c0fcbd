"""A clerk's work from a wrong file to rows in the register, with a real worker."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from communities.models import Facility
from tests.faults.processes import worker
from tests.uploads.office import write_workbook

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def rows(place, areas):
    return [
        {
            "县（市、区）": "城区",
            "街道（乡镇）": "东街街道办事处",
            "社区名称": community.name,
            "设施名称": f"{community.name}综合服务中心",
            "设施类型": "综合服务设施",
            "建筑面积（㎡）": area,
            "启用日期": "2016-05-01",
        }
        for community, area in zip(place.communities, areas, strict=True)
    ]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_clerk_uploads_a_bad_file_mends_it_and_commits(scripts, place, period, clerk, enter, tmp_path):
    bad = write_workbook(tmp_path / "演示设施.xlsx", rows(place, ["520㎡", "五百多", "300"]))
    page = enter(clerk, scripts=scripts)

    def upload(path):
        page.goto("/uploads/new/")
        page.get_by_label("登记表").select_option("服务设施")
        page.get_by_label("文件").set_input_files(path)
        page.get_by_role("button", name="上传并检查").click()

    def wait_for(text):
        """Without scripts the user opens the link that shows the progress."""
        target = page.get_by_text(text).first
        if not scripts:
            for _ in range(240):
                if target.is_visible():
                    break
                page.wait_for_timeout(250)
                link = page.get_by_role("link", name="刷新看进度")
                if link.is_visible():
                    link.click()
        expect(target).to_be_visible(timeout=60_000)

    with worker():
        upload(bad)
        wait_for("请按下面的清单改好文件后重新上传")
        expect(page.get_by_role("cell", name="F3")).to_be_visible()
        expect(page.get_by_text("五百多").first).to_be_visible()
        expect(page.get_by_role("button", name="全部入库")).to_have_count(0)

        upload(write_workbook(tmp_path / "演示设施改.xlsx", rows(place, ["520㎡", "500", "300"])))
        wait_for("有错误 0")
        page.get_by_role("link", name="新增 3").click()
        expect(page.get_by_text("和平社区居委会综合服务中心").first).to_be_visible()
        page.get_by_role("button", name="全部入库").click()
        wait_for("已入库：新增3行")
    assert sorted(Facility.objects.values_list("area", flat=True)) == [300, 500, 520]
    page.goto("/")
    expect(page.get_by_text("已报 1 / 5 张登记表")).to_be_visible()
