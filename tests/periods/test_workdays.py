"""Tests of working days and deadlines; the examples are those of the State Council's notices on days off."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periods import workdays
from periods.workdays import deadline, estimated_note, is_workday, this_or_next_workday, workdays_between

DAYS = st.dates(datetime.date(2004, 1, 1), datetime.date(2040, 12, 31))


def day(text):
    return datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "limit", "last"),
    [
        ("2017-09-29", 1, "2017-09-30"),  # a Saturday that is worked
        ("2018-02-09", 5, "2018-02-22"),  # across the spring festival
        ("2018-12-28", 2, "2019-01-02"),
        ("2019-04-26", 5, "2019-05-06"),
        ("2019-09-27", 5, "2019-10-10"),
        ("2020-01-20", 5, "2020-02-04"),  # the holiday was prolonged by notice of 26 January
        ("2026-09-30", 5, "2026-10-13"),
        ("2030-05-03", 1, "2030-05-06"),  # not announced: weekends alone
    ],
)
def test_a_limit_ends_on_the_right_working_day(start, limit, last):
    assert deadline(day(start), limit) == day(last)


def test_working_days_between_two_days_leave_out_the_first_and_the_spring_festival():
    assert workdays_between(day("2018-02-11"), day("2018-02-26")) == 7


@pytest.mark.parametrize(
    ("asked", "moved"), [("2018-07-15", "2018-07-16"), ("2018-10-01", "2018-10-08"), ("2018-09-29", "2018-09-29")]
)
def test_a_day_off_moves_to_the_next_working_day(asked, moved):
    assert this_or_next_workday(day(asked)) == day(moved)


def test_a_deadline_in_a_year_without_notice_says_that_it_is_estimated():
    assert estimated_note(day("2018-06-30")) == ""
    assert estimated_note(datetime.date(workdays._LAST_YEAR + 1, 3, 1)) == "放假安排尚未公布，期限按周末推算。"


def test_a_limit_of_no_day_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        deadline(day("2018-06-29"), 0)


@given(DAYS, st.integers(1, 60))
def test_a_deadline_is_a_working_day_with_as_many_working_days_before_it(start, limit):
    last = deadline(start, limit)
    assert is_workday(last)
    assert workdays_between(start, last) == limit


@given(DAYS, st.integers(0, 40), st.integers(0, 40))
def test_working_days_add_up(start, first, second):
    middle, end = start + datetime.timedelta(first), start + datetime.timedelta(first + second)
    assert workdays_between(start, middle) + workdays_between(middle, end) == workdays_between(start, end)
