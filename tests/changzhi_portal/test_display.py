"""Values as text for pages."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

import pytest

from changzhi_portal.display import display_change, display_number, display_value, told_apart
from changzhi_portal.templatetags.portal import unbroken, whole_dates


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "—"),
        ("", "—"),
        (True, "是"),
        (False, "否"),
        (0, "0"),
        (1_200, "1,200"),
        (Decimal("1200.50"), "1,200.50"),
        (datetime.date(2018, 6, 30), "2018-06-30"),
        (datetime.datetime(2018, 6, 30, 1, 15, tzinfo=datetime.UTC), "2018-06-30 09:15"),
        ("和平社区", "和平社区"),
    ],
)
def test_a_value_as_text(value, expected):
    assert display_value(value) == expected


def test_nothing_may_be_shown_in_another_way():
    assert display_value(None, empty="未知") == display_value("", empty="未知") == "未知"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "—"), (0, "0"), (Decimal("500.00"), "500"), (Decimal("12345.50"), "12,345.5"), (1_000_000, "1,000,000")],
)
def test_a_number_has_separators_and_no_trailing_zeros(value, expected):
    assert display_number(value) == expected


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("截至2018年6月30日，距2020年底还有30个月", ["2018年6月30日", "2020年"]),
        ("6月30日前报送，30日锁定", ["6月30日", "30日"]),
        ("近6个月月均提高2.00个百分点，预计2020年11月完成", ["2020年11月"]),
        ("没有日期", []),
    ],
)
def test_a_date_in_a_page_stays_in_one_line_and_the_text_as_it_is(text, dates):
    marked = whole_dates(text)
    assert re.findall(r'<span class="date">(.*?)</span>', marked) == dates
    assert re.sub("<[^>]*>", "", marked) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("较上月提高1.3个百分点", ["1.3个百分点"]),
        ("截至2020年11月，共缺12,817.84平方米", ["2020年11月", "12,817.84平方米"]),
        ("标准由2—5名调整为≥30㎡/百户，近6个月", ["2—5名", "≥30㎡/百户", "6个月"]),
        ("长民发〔2017〕138号，3,000人以上", ["〔2017〕138号", "3,000人"]),
        ("城区（66.7%）、郊区4家，5.55万元，80元", ["66.7%", "4家", "5.55万元", "80元"]),
        ("第3条", []),
    ],
)
def test_a_number_in_a_document_stays_with_its_unit(text, kept):
    marked = unbroken(text)
    assert re.findall(r'<span class="date">(.*?)</span>', marked) == kept
    assert re.sub("<[^>]*>", "", marked) == text


def test_text_around_a_date_is_escaped():
    assert whole_dates("<b>2018年</b>") == '&lt;b&gt;<span class="date">2018年</span>&lt;/b&gt;'


@pytest.mark.parametrize(
    ("old", "new", "is_personal", "said"),
    [
        ("199****1234", "199****5678", True, "199****5678"),
        ("199****1234", "199****1234", True, "199****1234（号码有改动）"),
        ("3个社区", "3个社区", False, "3个社区（有改动）"),
        ("", "", False, ""),
        ("—", "—", False, "—"),
    ],
)
def test_a_change_that_reads_the_same_is_marked(old, new, is_personal, said):
    assert told_apart(old, new, is_personal=is_personal) == said


@pytest.mark.parametrize(
    ("change", "decimals", "expected"),
    [
        (Decimal("1.3"), 1, "+1.3"),
        (-0.4, 1, "−0.4"),
        (1_200, 1, "+1,200.0"),
        (0.04, 1, "持平"),  # and not +0.0
        (-0.04, 2, "−0.04"),
        (0, 1, "持平"),
        (Decimal("410.00"), None, "+410"),
        (Decimal("-1200.50"), None, "−1,200.5"),
        (None, 1, "—"),
    ],
)
def test_a_change_has_a_real_sign_and_is_never_a_signed_zero(change, decimals, expected):
    assert display_change(change, decimals=decimals) == expected


def test_a_negative_number_has_a_real_minus_sign():
    assert display_number(Decimal("-1200.50")) == "−1,200.5"
    assert display_value(-3) == "−3"
