"""Values as text for pages."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from changzhi_portal.display import display_number, display_value


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
