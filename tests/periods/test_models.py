"""Tests of the calendar of reporting months."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.refusals import InvalidError
from periods.models import ReportingPeriod, last_day_of, month_after, parse_month
from tests.factories import make_period

MONTHS = st.dates(datetime.date(1990, 1, 1), datetime.date(2100, 12, 31)).map(lambda day: day.replace(day=1))


@given(MONTHS)
def test_a_month_reads_back_as_it_is_written(month):
    assert parse_month(f"{month:%Y-%m}") == month


@pytest.mark.parametrize(
    "text", ["2018", "2018-13", "2018-00", "2018-6", "18-06", "2018/06", "2018-06-30", "", "1989-12"]
)
def test_a_wrong_month_is_refused_with_the_right_way_to_write_it(text):
    with pytest.raises(InvalidError) as refused:
        parse_month(text)
    assert "YYYY-MM" in refused.value.cure


@given(MONTHS, st.integers(-600, 600))
def test_going_there_and_back_is_the_same_month(month, months):
    assert month_after(month_after(month, months), -months) == month


@given(MONTHS)
def test_the_day_after_a_months_last_day_begins_the_next(month):
    assert last_day_of(month) + datetime.timedelta(days=1) == month_after(month)


@pytest.mark.parametrize(("month", "last"), [("2018-06", 30), ("2018-02", 28), ("2016-02", 29), ("2018-12", 31)])
@pytest.mark.django_db
def test_figures_are_as_of_the_months_last_day(month, last):
    period = make_period(month)
    assert period.as_of.day == last
    assert period.code == month


@pytest.mark.django_db
def test_a_month_gets_its_usual_dates_once(django_assert_num_queries):
    period = make_period("2018-12")
    assert (period.opens_on, period.due_on, period.late_until) == (
        datetime.date(2018, 12, 1),
        datetime.date(2019, 1, 5),
        datetime.date(2019, 1, 15),
    )
    assert str(period) == "2018年12月"
    with django_assert_num_queries(1):
        assert make_period("2018-12") == period


@pytest.mark.django_db
def test_a_month_that_has_not_begun_is_not_open():
    coming = month_after(timezone.localdate().replace(day=1))
    assert ReportingPeriod.objects.for_month(coming).state == "upcoming"
    assert make_period("2018-05").state == "open"
    assert [period.code for period in ReportingPeriod.objects.open()] == ["2018-05"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"month": datetime.date(2018, 6, 2)},
        {"due_on": datetime.date(2018, 5, 31)},
        {"late_until": datetime.date(2018, 7, 4)},
        {"locked_at": datetime.datetime(2018, 7, 20, tzinfo=datetime.UTC)},
    ],
    ids=str,
)
@pytest.mark.django_db
def test_the_database_refuses_a_month_that_makes_no_sense(period, wrong):
    for name, value in wrong.items():
        setattr(period, name, value)
    with pytest.raises(ValidationError):
        period.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        period.save()
