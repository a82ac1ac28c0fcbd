"""Tests of downloads: who may download which file, the file names, and refusals."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from django.urls import reverse

from accounts.models import Role
from tests.factories import make_facility, make_period, make_user, make_worker
from tests.submissions.reporting import make_due
from tests.uploads.samples import REGISTERS
from uploads import storage
from uploads.models import UploadBatch

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
BAD = {"社区名称": "和平社区", "设施名称": "活动室", "设施类型": "仓库", "面积": 520, "启用日期": "2016-05-01"}


def workbook_of(answer: Any) -> openpyxl.Workbook:
    assert answer.status_code == 200, answer.status_code
    return openpyxl.load_workbook(io.BytesIO(answer.getvalue()))


@pytest.fixture
def batch(place, clerk, send):
    return UploadBatch.objects.get(pk=send("facilities", clerk, [BAD])["batch"])


def test_the_uploader_finds_both_files_on_the_batchs_page(batch, clerk, signed_in):
    browser = signed_in(clerk)
    page = browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    annotated, original = reverse("uploads:annotated", args=[batch.ref]), reverse("uploads:original", args=[batch.ref])
    assert annotated in page
    assert original in page
    answer = browser.get(annotated)
    assert workbook_of(answer).sheetnames == ["问题汇总", "Sheet1"]
    assert quote("（标出问题）.xlsx") in answer["Content-Disposition"]
    assert answer["Content-Disposition"].startswith("attachment;")
    kept = browser.get(original)
    assert kept.content == storage.original_bytes(batch)
    assert quote(batch.file_name) in kept["Content-Disposition"]
    assert "no-store" in kept["Cache-Control"]


def test_a_file_without_problems_offers_no_marked_workbook(place, clerk, send, signed_in):
    batch = UploadBatch.objects.get(pk=send("facilities", clerk, [BAD | {"设施类型": "活动场所"}])["batch"])
    browser = signed_in(clerk)
    address = reverse("uploads:annotated", args=[batch.ref])
    assert address not in browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert "没有问题" in browser.get(address, follow=True).content.decode()


def test_colleagues_and_the_bureau_see_the_batch_but_get_neither_file(batch, place, officer, signed_in):
    colleague = make_user(Role.DISTRICT_CLERK, place.county)
    for user in (colleague, officer):
        browser = signed_in(user)
        page = browser.get(reverse("uploads:batch", args=[batch.ref]))
        assert page.status_code == 200
        assert "problems.xlsx" not in page.content.decode()
        for name in ("uploads:annotated", "uploads:original"):
            assert browser.get(reverse(name, args=[batch.ref])).status_code == 403


def test_who_may_see_personal_data_gets_the_original_but_never_the_marked_workbook(batch, place, signed_in):
    trusted = make_user(Role.BUREAU_ADMIN, place.city, may_unmask=True)
    browser = signed_in(trusted)
    assert browser.get(reverse("uploads:original", args=[batch.ref])).status_code == 200
    assert browser.get(reverse("uploads:annotated", args=[batch.ref])).status_code == 403
    elsewhere = make_user(Role.DISTRICT_CLERK, place.other_county, may_unmask=True)
    assert signed_in(elsewhere).get(reverse("uploads:original", args=[batch.ref])).status_code == 404


def test_a_purged_original_says_what_to_do(batch, clerk, signed_in):
    UploadBatch.objects.filter(pk=batch.pk).update(stored_as="")
    for name in ("uploads:annotated", "uploads:original"):
        answer = signed_in(clerk).get(reverse(name, args=[batch.ref]), follow=True)
        assert "找不到上传的原文件，请重新上传" in answer.content.decode()


def test_templates_of_every_register_are_on_the_upload_page(place, clerk, period, signed_in):
    browser = signed_in(clerk)
    page = browser.get(reverse("uploads:new")).content.decode()
    for register in REGISTERS:
        address = reverse("uploads:template", args=[register])
        assert f'"{address}"' in page
        assert f'"{address}?filled=1"' in page
        answer = browser.get(address, {"filled": "1"})
        assert "2018年6月" in workbook_of(answer).worksheets[0]["A1"].value
        assert quote("城区") in answer["Content-Disposition"]


def test_a_template_is_for_the_month_asked_for_and_asking_writes_nothing(place, clerk, signed_in):
    make_period("2018-06")
    address = reverse("uploads:template", args=["communities"])
    book = workbook_of(signed_in(clerk).get(address, {"filled": "1", "period": "2018-07"}))
    assert "2018年7月" in book.worksheets[0]["A1"].value
    assert signed_in(clerk).get(address, {"period": "七月"}).status_code == 422
    assert signed_in(clerk).get(reverse("uploads:template", args=["nothing"])).status_code == 404


def test_in_the_first_days_of_a_month_the_template_is_for_the_one_still_due_as_the_form_is(place, clerk, signed_in):
    make_due("2018-06")
    make_period("2018-07")
    browser = signed_in(clerk)
    book = workbook_of(browser.get(reverse("uploads:template", args=["communities"]), {"filled": "1"}))
    assert "2018年6月" in book.worksheets[0]["A1"].value
    assert browser.get(reverse("uploads:new")).context["form"]["period"].initial.code == "2018-06"


def test_an_export_holds_what_the_list_shows_and_nothing_of_others(place, clerk, auditor, leader, signed_in):
    mine, foreign = make_facility(place.communities[0], "城区的"), make_facility(place.villages[0], "襄垣的")
    address = reverse("uploads:export", args=["facilities"])
    values = {cell.value for row in workbook_of(signed_in(clerk).get(address)).worksheets[0].rows for cell in row}
    assert mine.ref in values
    assert foreign.ref not in values
    assert foreign.name not in values
    assert workbook_of(signed_in(auditor).get(address)).worksheets[0].max_row == 5
    assert signed_in(leader).get(address).status_code == 403


@pytest.mark.parametrize(
    ("name", "register"),
    [
        ("communities:community_list", "communities"),
        ("communities:facility_list", "facilities"),
        ("orgs:list", "organizations"),
        ("socialworkers:list", "workers"),
        ("services:list", "projects"),
    ],
)
def test_every_registers_list_has_its_export(name, register, place, clerk, signed_in):
    make_worker(place.communities[0])
    browser = signed_in(clerk)
    address = reverse("uploads:export", args=[register])
    assert f'href="{address}"' in browser.get(reverse(name)).content.decode()
    assert browser.get(address).status_code == 200
