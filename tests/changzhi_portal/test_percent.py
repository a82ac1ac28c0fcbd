"""Tests of percentages: from the counts, one decimal, half up."""

from decimal import Decimal

import pytest

from changzhi_portal.percent import percent, percent_of_rate


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (96, 153, "62.7"),  # 62.745…: its rate with four decimals, 0.6275, would round up to 62.8
        (1, 8, "12.5"),
        (5, 800, "0.6"),  # 0.625
        (1, 2000, "0.1"),  # 0.05 is rounded up, not to the even 0.0
        (0, 7, "0.0"),
        (7, 7, "100.0"),
    ],
)
def test_a_percentage_is_rounded_half_up_from_the_counts(part, whole, expected):
    assert percent(part, whole) == Decimal(expected)


def test_nothing_judged_has_no_percentage():
    assert percent(0, 0) is None


@pytest.mark.parametrize(("rate", "expected"), [(0.6275, "62.8"), (Decimal("0.0005"), "0.1"), (1, "100.0")])
def test_a_rate_is_rounded_half_up_although_floats_are_inexact(rate, expected):
    assert percent_of_rate(rate) == Decimal(expected)
