"""Tests of the printed guides of matters: what stands on one, all of a place, and for whom."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from accounts.models import Role
from changelog.models import TrailRecord
from changelog.trail import TrailKind
from tests.factories import make_department, make_item, make_route, make_user
from tests.pages import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def address(item):
    return reverse("reports:service_guide", args=[item.ref])


def pages_of(answer):
    assert answer["Content-Type"] == "application/pdf"
    return [page.extract_text().replace("\n", "") for page in PdfReader(io.BytesIO(answer.content)).pages]


@pytest.fixture
def window(place, signed_in):
    return signed_in(make_user(Role.WINDOW_CLERK, place.street))


def test_a_guide_is_a_page_of_a4_with_limits_materials_department_and_counters(place, window):
    item = make_item(
        place.city,
        "高龄津贴申请",
        code="CZ-MZ-01",
        basis="演示条例",
        materials="居民身份证（可免交、有效12个月）；照片（非必要）；户口簿",
    )
    make_route(place.county, item, department=make_department(place.county, "民政局"), promised_days=3)
    answer = window.get(address(item))
    (page,) = pages_of(answer)
    for told in (
        "高龄津贴申请办事指南", "CZ-MZ-01", "演示条例", "城区民政局", "20个工作日", "3个工作日", "居民身份证",
        "可免交、有效12个月", "非必要", "必须带", "全市任何一个综合窗口都能受理", "长治市民政局",
    ):  # fmt: skip
        assert told in page, told
    assert "5个工作日" not in page, "the department promises less"
    box = PdfReader(io.BytesIO(answer.content)).pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)
    assert TrailRecord.objects.filter(kind=TrailKind.DOCUMENT, object_label="办事指南").count() == 1
    assert window.get(address(item), {"download": "1"})["Content-Disposition"].startswith("attachment")


def test_all_matters_of_a_place_are_a_page_each(place, window, officer, signed_in):
    first, second = make_item(place.city, "甲事项", code="A"), make_item(place.city, "乙事项", code="B")
    make_item(place.city, "丙事项", code="C", state="paused")
    make_route(place.county, first)
    pages = pages_of(window.get(address(first), {"all": "yes"}))
    assert len(pages) == 2 and "甲事项" in pages[0] and "乙事项" in pages[1]
    assert "没有承办部门，请联系市局补充实施清单。" in pages[1] and "没有承办部门" not in pages[0]
    elsewhere = pages_of(signed_in(officer).get(address(first), {"all": "yes", "place": place.rural_town.code}))
    assert "该事项在襄垣县古韩镇没有承办部门" in elsewhere[0]
    assert len(pages_of(window.get(address(second)))) == 1


def test_a_place_outside_the_own_area_is_not_found(place, window):
    item = make_item(place.city)
    assert window.get(address(item), {"place": place.other_street.code}).status_code == 404
    assert window.get(address(item), {"place": place.street.code}).status_code == 200


def test_what_is_not_in_use_is_not_printed(place, window):
    item = make_item(place.city, state="cancelled")
    assert "没有在用的事项，不能打印办事指南。" in markup_of(window.get(address(item), follow=True))


def test_the_longest_guide_is_printed_whole(place, window):
    materials = "；".join(f"{'证' * 60}{number}（可容缺、可免交、有效12个月）" for number in range(25))
    item = make_item(place.city, "事" * 100, basis="据" * 300, materials=materials)
    pages = pages_of(window.get(address(item)))
    assert "24" in "".join(pages) and "".join(pages).count("据") == 300
