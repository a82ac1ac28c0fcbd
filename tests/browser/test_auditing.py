"""An auditor answers who saw a person's number in May, and whose export a file is that was found; in a browser."""

from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from changelog.trail import TrailKind
from tests.audit.events import happened
from tests.browser.conftest import DESK, TELEPHONE
from tests.factories import make_facility, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]
MAY, JUNE = datetime.date(2018, 5, 10), datetime.date(2018, 6, 10)


@pytest.mark.parametrize(("screen", "scripts"), [(DESK, True), (TELEPHONE, False)])
def test_who_saw_a_persons_number_in_may(screen, scripts, place, auditor, administrator, clerk, enter):
    worker = make_worker(place.communities[0], "李演示")
    seen = {"about": worker, "division": place.street}
    happened(TrailKind.UNMASKED, MAY, by=administrator, reason="核对证件", **seen)
    happened(TrailKind.UNMASKED, JUNE, by=clerk, reason="六月的事", **seen)
    happened(TrailKind.VIEWED, MAY, by=clerk, **seen)
    happened(TrailKind.EXPORTED_CLEAR, MAY, by=administrator, object_label="社会工作者", rows=1, reason="迎接检查")
    page = enter(auditor, "/workers/", screen=screen, scripts=scripts)
    page.get_by_role("link", name="李演示").click()
    page.get_by_role("link", name="谁看过、谁改过李演示").click()
    expect(page.get_by_role("heading", name="关于“李演示”的审计")).to_be_visible()
    page.get_by_label("从哪天").fill("2018-05-01")
    page.get_by_label("到哪天").fill("2018-05-31")
    page.get_by_role("button", name="查询").click()
    clear = page.get_by_role("region", name="看到过号码原文的")
    expect(clear.get_by_text("核对证件")).to_be_visible()
    expect(clear.get_by_text("迎接检查")).to_be_visible()
    expect(clear.get_by_text("六月的事")).to_have_count(0)
    expect(page.get_by_role("region", name="看过、但号码隐去的").get_by_text("查看个人记录").last).to_be_visible()
    clear.get_by_role("link", name="2018-05-10 10:00").first.click()
    expect(page.get_by_role("heading", name="封存")).to_be_visible()
    expect(page.get_by_text("10.20.30.40")).to_be_visible()


def test_whose_export_a_found_file_is(place, auditor, clerk, enter):
    make_facility(place.communities[0])
    browser = Client()
    browser.force_login(clerk)
    data = browser.get(reverse("uploads:export", args=["facilities"])).content
    page = enter(auditor)
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="审计").click()
    page.get_by_role("link", name="导出和下载").first.click()
    page.get_by_role("link", name="核对找到的文件").click()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    page.get_by_label("找到的文件").set_input_files({"name": "found.xlsx", "mimeType": kind, "buffer": data})
    page.get_by_role("button", name="查是谁导出的").click()
    expect(page.get_by_text("下面是这个文件的记录")).to_be_visible()
    expect(page.get_by_role("region", name="导出和下载列表").get_by_text(clerk.username)).to_be_visible()
