"""Tests of the five grades: rates, scores, and what is printed of them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.grades import GRADE_FIELDS, Grade5, GradeCounts, printed_rate, printed_score

COUNTS = st.builds(GradeCounts, *[st.integers(0, 5_000)] * 5)


def test_the_example_of_the_paper():
    counts = GradeCounts.of_grades([5, 5, 4, 3, 1])
    assert printed_rate(counts.satisfaction) == Decimal("80.0")
    assert printed_rate(counts.approval) == Decimal("60.0")
    assert printed_rate(counts.bad_rate) == Decimal("20.0")
    assert printed_score(counts.score) == Decimal("72.0")


def test_the_example_of_a_community():
    counts = GradeCounts(20, 15, 10, 4, 1)
    assert (counts.valid, counts.content, counts.bad) == (50, 45, 5)
    assert printed_score(counts.score) == Decimal("79.6")
    assert printed_rate(counts.satisfaction) == Decimal("90.0")


def test_without_an_answer_nothing_is_known():
    counts = GradeCounts()
    assert (counts.satisfaction, counts.approval, counts.bad_rate, counts.score) == (None, None, None, None)
    assert printed_rate(None) is None and printed_score(None) is None


def test_grades_are_named_and_kept_from_the_best_to_the_worst():
    assert [(int(grade), grade.label) for grade in Grade5] == [
        (5, "非常满意"),
        (4, "满意"),
        (3, "基本满意"),
        (2, "不满意"),
        (1, "非常不满意"),
    ]
    assert list(GRADE_FIELDS.values()) == list(GradeCounts.__dataclass_fields__)


@pytest.mark.parametrize("wrong", [0, 6, -1])
def test_what_is_no_grade_is_refused(wrong):
    with pytest.raises(ValueError, match=str(wrong)):
        GradeCounts.of_grades([5, wrong])


@given(st.lists(st.sampled_from(range(1, 6)), min_size=1, max_size=200))
def test_figures_are_those_of_the_single_answers(grades):
    """The oracle counts the answers one by one, without the class."""
    counts = GradeCounts.of_grades(grades)
    number = len(grades)
    assert counts.valid == number
    assert counts.score == Fraction(sum(grades), number) * 20
    assert counts.satisfaction == Fraction(sum(1 for grade in grades if grade >= 3), number)
    assert counts.approval == Fraction(sum(1 for grade in grades if grade >= 4), number)
    assert counts.bad_rate == 1 - counts.satisfaction


@given(COUNTS, COUNTS)
def test_two_places_together_lie_between_both(one, other):
    both = one + other
    assert both.valid == one.valid + other.valid
    known = [each.score for each in (one, other) if each.score is not None]
    if known:
        assert min(known) <= both.score <= max(known)
        assert 20 <= both.score <= 100


@given(COUNTS)
def test_what_is_printed_is_rounded_half_up_from_the_exact_value(counts):
    if counts.score is None:
        return
    tenths = counts.score * 10
    rounded = tenths.numerator * 2 // tenths.denominator
    assert printed_score(counts.score) == Decimal((rounded + 1) // 2).scaleb(-1)
