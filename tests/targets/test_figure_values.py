"""What is printed of a figure: rounding, dashes, units, changes."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from changzhi_portal.figures import Shown
from targets.figure_values import change_of, change_text, unit_of, value_of, value_text
from tests.targets.figures_declared import MEAN_AREA

RATE, MEAN, TOTAL, CHANGE = (
    dataclasses.replace(MEAN_AREA, shown=shown, unit="元", decimals=decimals)
    for shown, decimals in ((Shown.RATE, 1), (Shown.MEAN, 2), (Shown.TOTAL, 2), (Shown.CHANGE, 1))
)


@pytest.mark.parametrize(
    ("figure", "numerator", "denominator", "text"),
    [
        (RATE, 2, 3, "66.7%"),
        (RATE, 29_999, 30_000, "99.9%"),
        (RATE, 1, 30_000, "0.1%"),
        (RATE, 0, 5, "0.0%"),
        (RATE, 5, 5, "100.0%"),
        (RATE, 6, 5, "120.0%"),
        (RATE, 0, 0, "—"),
        (RATE, 3, None, "—"),
        (MEAN, 6_400, 5, "1,280.00元"),
        (MEAN, Decimal("0.125"), 1, "0.13元"),
        (MEAN, Decimal("-0.125"), 1, "−0.13元"),
        (MEAN, 1, 0, "—"),
        (TOTAL, Decimal("12.345"), None, "12.35元"),
        (TOTAL, 0, None, "0.00元"),
        (TOTAL, None, None, "—"),
        (CHANGE, 15, 24, "−37.5%"),
        (CHANGE, 24, 24, "0.0%"),
        (CHANGE, 24, 0, "—"),
    ],
)
def test_a_value_is_printed(figure, numerator, denominator, text):
    amounts = (None if each is None else Decimal(each) for each in (numerator, denominator))
    assert value_text(figure, value_of(figure, *amounts)) == text


def test_a_value_may_stand_without_its_unit():
    assert value_text(MEAN, Decimal("1280.5"), unit=False) == "1,280.50"
    assert (unit_of(MEAN), unit_of(RATE), unit_of(CHANGE)) == ("元", "%", "%")


@pytest.mark.parametrize(
    ("figure", "now", "before", "text"),
    [
        (RATE, "66.7", "62.5", "+4.2个百分点"),
        (RATE, "66.7", "66.7", "持平"),
        (RATE, "66.7", None, "—"),
        (RATE, None, "66.7", "—"),
        (MEAN, "4.00", "4.40", "−0.40元"),
        (CHANGE, "-37.5", "-30.0", "−7.5个百分点"),
    ],
)
def test_a_change_is_the_difference_of_the_printed_values(figure, now, before, text):
    values = (None if each is None else Decimal(each) for each in (now, before))
    assert change_text(figure, change_of(*values)) == text
