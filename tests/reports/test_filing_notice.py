"""Tests of the printed notice of a filing: what stands on it, that it is one page, and for whom."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from changelog.models import TrailRecord
from changelog.trail import TrailKind
from orgs.flow import FLOW
from orgs.models import Filing
from reports.filing_notice import office_of
from tests.factories import make_filing, make_organization
from tests.pages import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
State = Filing.State


def notice(filing):
    return reverse("reports:filing_notice", args=[filing.ref])


def pages_of(answer):
    assert answer["Content-Type"] == "application/pdf"
    return [page.extract_text().replace("\n", "") for page in PdfReader(io.BytesIO(answer.content)).pages]


def test_a_granted_filing_is_one_page_of_a4_with_what_was_filed_and_no_phone(place, street_clerk, signed_in):
    filing = make_filing(
        place.communities[0], "演示合唱团", state=State.FILED, number="140402001-BA-2018-0003", phone="19900001111"
    )
    answer = signed_in(street_clerk).get(notice(filing))
    (page,) = pages_of(answer)
    for told in (
        "社区社会组织备案通知书", "140402001-BA-2018-0003", "演示合唱团：", "于2018年6月4日提出的备案申请收悉", "准予备案",
        "文体活动类", "和平社区居委会", "李演示", "12人", "丰富居民文化生活", "城区东街街道办事处", "2018年6月11日",
    ):  # fmt: skip
        assert told in page, told
    assert "19900001111" not in page and "199****" not in page
    box = PdfReader(io.BytesIO(answer.content)).pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)
    assert TrailRecord.objects.filter(kind=TrailKind.DOCUMENT, object_label="备案通知书").count() == 1
    assert (
        signed_in(street_clerk).get(notice(filing), {"download": "1"})["Content-Disposition"].startswith("attachment")
    )


def test_the_longest_filing_still_is_one_page(place, street_clerk, signed_in):
    filing = make_filing(
        place.communities[0], "演" * 100, state=State.FILED, organization=make_organization(place.communities[0]),
        venue="场" * 100, purpose="旨" * 200, leader="李" * 50, number="140402001-BA-2018-0003",
    )  # fmt: skip
    assert len(pages_of(signed_in(street_clerk).get(notice(filing)))) == 1


def test_a_refused_filing_tells_why(place, street_clerk, signed_in):
    filing = FLOW.make(make_filing(place.communities[0]), "refuse", by=street_clerk, note="宗旨与居民服务无关")
    (page,) = pages_of(signed_in(street_clerk).get(notice(filing)))
    assert "社区社会组织不予备案通知书" in page and "宗旨与居民服务无关" in page and "准予备案" not in page


def test_what_waits_is_not_printed(place, street_clerk, signed_in):
    filing = make_filing(place.communities[0])
    answer = signed_in(street_clerk).get(notice(filing), follow=True)
    assert "这件备案还没有办结，办结后才能打印通知书。" in markup_of(answer)
    assert "打印通知书" not in markup_of(signed_in(street_clerk).get(filing.get_absolute_url()))


def test_the_page_of_the_filing_prints_it_and_others_find_none(place, street_clerk, other_clerk, signed_in):
    filing = make_filing(place.communities[0], state=State.FILED)
    assert notice(filing) in markup_of(signed_in(street_clerk).get(filing.get_absolute_url()))
    assert signed_in(other_clerk).get(notice(filing)).status_code == 404


def test_a_town_signs_as_its_government_and_a_street_as_its_office(place):
    assert office_of(place.rural_town) == "襄垣县古韩镇人民政府"
    assert office_of(place.street) == "城区东街街道办事处"
