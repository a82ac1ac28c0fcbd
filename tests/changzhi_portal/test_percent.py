"""Tests of percentages: from the counts, one decimal, half up; 100.0 and 0.0 for all and for none only."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.percent import percent, percent_text, printed_percentage


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (96, 153, "62.7"),  # 62.745…: its rate with four decimals, 0.6275, would round up to 62.8
        (1, 8, "12.5"),
        (5, 800, "0.6"),  # 0.625
        (1, 2000, "0.1"),  # 0.05 is rounded up, not to the even 0.0
        (15_989, 20_000, "79.9"),  # 79.945: as a rate with four decimals 0.7995, which would be 80.0
        (0, 7, "0.0"),
        (7, 7, "100.0"),
        (29_999, 30_000, "99.9"),  # not all of them
        (1, 30_000, "0.1"),  # not none
    ],
)
def test_a_percentage_is_rounded_half_up_from_the_counts(part, whole, expected):
    assert percent(part, whole) == Decimal(expected)
    assert percent_text(percent(part, whole)) == f"{expected}%"


def test_nothing_judged_has_no_percentage():
    assert percent(0, 0) is None
    assert percent_text(None) == "—"


@given(st.integers(1, 10**7).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_all_and_none_are_never_printed_for_less_and_no_other_rate_is_far_from_its_text(counts):
    part, whole = counts
    printed = percent(part, whole)
    text = percent_text(printed)
    assert (text == "100.0%") == (part == whole)
    assert (text == "0.0%") == (part == 0)
    assert text == f"{printed}%" == percent_text(float(printed)), "a figure stored as a float is the same text"
    assert abs(Fraction(printed) - Fraction(100 * part, whole)) <= Fraction(1, 10)
    assert printed == printed_percentage(Fraction(100 * part, whole)), "counts and series agree"


@given(st.integers(1, 10**5).flatmap(lambda whole: st.tuples(st.integers(0, whole - 1), st.just(whole))))
def test_one_more_never_prints_a_smaller_rate(counts):
    part, whole = counts
    assert percent(part, whole) <= percent(part + 1, whole)


def test_no_page_chart_or_document_makes_a_rate_of_its_own():
    """Everything that shows one asks `changzhi_portal.percent`; positions in drawings are no rates."""
    allowed = {"changzhi_portal/percent.py", "changzhi_portal/briefings.py", "reports/charts/drawn.py"}
    makes_one = re.compile(
        r":[,+]?\.\df?\}%|:\.\d%\}|floatformat[^%]*%\s*\}?\}?%|\}\}\s*%(?!\})|:\.1f\}个百分点|toFixed\([^)]*\)\s*\+\s*.%"
    )
    found = {
        str(path.relative_to(settings.BASE_DIR))
        for pattern in ("*/**/*.py", "templates/**/*.html", "static/**/*.js")
        for path in settings.BASE_DIR.glob(pattern)
        if path.parts[len(settings.BASE_DIR.parts)] not in {"tests", "node_modules", "var", ".venv"}
        and "vendor" not in path.parts
        and makes_one.search(path.read_text(encoding="utf-8"))
    }
    assert found <= allowed, found
