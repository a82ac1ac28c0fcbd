"""Pace: monthly progress, when the goal is reached, and the progress needed."""

from __future__ import annotations

import datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periods.models import last_day_of, month_after
from targets.pace import Outlook, Pace, change_since, deadline, months_between, pace_of

END = datetime.date(2020, 12, 31)
JUNE = datetime.date(2018, 6, 1)


def months_before(*values: float | None, until: datetime.date = JUNE) -> dict[datetime.date, Fraction | None]:
    """Return figures of consecutive months ending in `until`; None is a month without a figure."""
    first = month_after(until, 1 - len(values))
    return {
        month_after(first, index): None if value is None else Fraction(str(value)) for index, value in enumerate(values)
    }


def pace(*values: float | None, goal: int = 100, ends_on: datetime.date = END, month: datetime.date = JUNE) -> Pace:
    return pace_of(months_before(*values, until=month), month=month, goal=Fraction(goal), ends_on=ends_on)


def test_the_pace_is_the_mean_monthly_progress_of_the_last_six_periods():
    found = pace(0, 40, 41, 44, 46, 47, 50, 52)  # the month before the six does not count
    assert (found.progress, found.months_counted) == (2, 6)
    assert found.attained_in == datetime.date(2020, 6, 1)
    assert found.outlook == Outlook.IN_TIME
    assert (found.months_left, found.needed) == (30, Fraction(48, 30))


def test_a_month_without_figure_is_passed_over_and_time_counted_by_the_calendar():
    found = pace(10, 13, None, None, 16, 17, 18, 19, 22)
    assert (found.progress, found.months_counted) == (Fraction(12, 8), 8)
    assert pace(10, None, None, 16).progress == 2


def test_fewer_periods_give_the_pace_of_those_there_are():
    assert (pace(49, 52).progress, pace(49, 52).months_counted) == (3, 1)
    alone = pace(52)
    assert (alone.progress, alone.months_counted, alone.outlook) == (None, 0, Outlook.NO_PACE)
    assert alone.needed == Fraction(48, 30)


@pytest.mark.parametrize(
    ("values", "outlook"),
    [
        ((40, 100), Outlook.DONE),
        ((100, 100), Outlook.DONE),
        ((100, 40), Outlook.BACKWARDS),
        ((40, 40), Outlook.STANDSTILL),
        ((40, 42), Outlook.IN_TIME),  # 58 at 2 a month: 29 months
        ((38, 40), Outlook.IN_TIME),  # 30 months: in the last possible month
        ((38.01, 40), Outlook.TOO_LATE),
        ((40, 40.01), Outlook.TOO_LATE),  # beyond FARTHEST_MONTHS
        ((40, None), Outlook.UNKNOWN),
        ((), Outlook.UNKNOWN),
    ],
)
def test_every_outlook_has_its_case(values, outlook):
    found = pace(*values)
    assert found.outlook == outlook
    assert (found.attained_in is not None) == (outlook in {Outlook.IN_TIME, Outlook.TOO_LATE} and values != (40, 40.01))
    assert (found.needed is None) == (outlook in {Outlook.DONE, Outlook.UNKNOWN})


@pytest.mark.parametrize("month", [datetime.date(2020, 12, 1), datetime.date(2021, 5, 1)])
def test_once_the_plan_has_ended_it_is_done_or_overdue(month):
    late = pace(90, 95, month=month)
    assert (late.outlook, late.needed, late.months_left) == (Outlook.OVERDUE, None, 0)
    assert late.attained_in == month_after(month, 1)
    assert pace(90, 100, month=month).outlook == Outlook.DONE


def test_a_plan_that_ends_within_a_month_is_due_with_the_figures_of_the_month_before():
    assert deadline(datetime.date(2020, 12, 31)) == datetime.date(2020, 12, 1)
    assert deadline(datetime.date(2020, 12, 30)) == datetime.date(2020, 11, 1)
    assert deadline(datetime.date(2020, 2, 29)) == datetime.date(2020, 2, 1)


def test_a_share_or_a_mean_is_done_at_its_own_goal():
    assert pace(70, 80, goal=80).outlook == Outlook.DONE
    assert pace(70, 79, goal=80).needed == Fraction(1, 30)


def test_later_months_do_not_change_what_is_said_of_an_earlier_one():
    figures = months_before(40, 42, 44, 90, 91, until=datetime.date(2018, 8, 1))
    asked = {"month": JUNE, "goal": Fraction(100), "ends_on": END}
    assert pace_of(figures, **asked) == pace(40, 42, 44)


def test_changes_need_both_months():
    figures = months_before(*[40] * 11, 41, 43.5)
    assert change_since(figures, month=JUNE, months=1) == Fraction(5, 2)
    assert change_since(figures, month=JUNE, months=12) == Fraction(7, 2)
    assert change_since(figures, month=JUNE, months=13) is None
    assert change_since(months_before(None, 40), month=JUNE, months=1) is None


# --- For every series ---

MONTHS = st.integers(0, 60).map(lambda months: month_after(datetime.date(2017, 11, 1), months))
RATES = st.none() | st.fractions(0, 100, max_denominator=400)
SERIES = st.dictionaries(MONTHS, RATES, max_size=40)


@given(SERIES, MONTHS, st.fractions(1, 100, max_denominator=50), st.dates(datetime.date(2018, 1, 1), END))
def test_the_numbers_of_a_pace_agree_with_each_other(figures, month, goal, ends_on):
    found = pace_of(figures, month=month, goal=goal, ends_on=ends_on)
    now = figures.get(month)
    if found.outlook == Outlook.UNKNOWN:
        assert now is None
        return
    assert (now >= goal) == (found.outlook == Outlook.DONE)
    if found.attained_in is not None:
        months = months_between(month, found.attained_in)
        assert now + found.progress * months >= goal > now + found.progress * (months - 1)
        is_in_time = found.attained_in <= deadline(ends_on)
        assert found.outlook == (
            Outlook.OVERDUE if not found.months_left else Outlook.IN_TIME if is_in_time else Outlook.TOO_LATE
        )
    if found.needed is not None:
        assert now + found.needed * found.months_left == goal
        assert last_day_of(month_after(month, found.months_left)) <= ends_on
        assert last_day_of(month_after(month, found.months_left + 1)) > ends_on
        if found.outlook == Outlook.IN_TIME:
            assert found.progress >= found.needed
        if found.outlook == Outlook.TOO_LATE:
            assert found.progress < found.needed


@given(SERIES, MONTHS)
def test_the_progress_leads_from_a_known_month_to_this_one(figures, month):
    found = pace_of(figures, month=month, goal=Fraction(100), ends_on=END)
    earlier = sorted(then for then, rate in figures.items() if then < month and rate is not None)
    if found.progress is None:
        assert figures.get(month) is None or not earlier
        return
    start = month_after(month, -found.months_counted)
    assert start in earlier
    assert figures[start] + found.progress * found.months_counted == figures[month]
    assert len([then for then in earlier if then >= start]) == min(6, len(earlier))
