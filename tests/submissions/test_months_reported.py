"""Status of a month's reports, completeness and timeliness; opening of months."""

import datetime

import pytest
from django.utils import timezone

from changzhi_portal.percent import percent
from communities.models import Division
from periods.models import ReportingPeriod, month_after
from submissions.actions import open_due_months, return_submission, submit_month
from submissions.models import Submission
from submissions.report_status import (
    ReportingRate,
    ReportStatus,
    month_status,
    months_due,
    rates_by_county,
    report_status_of,
    reporting_status,
    submissions_of,
)
from tests.factories import make_division, make_period
from tests.queries import exactly
from tests.submissions.reporting import make_due, moment_of, overdue, settle

State = Submission.State


# --- Status of reports ---


@pytest.mark.django_db
def test_each_county_of_the_month_has_one_standing(place, due, clerk, other_clerk, officer):
    status = reporting_status(due, place.city)
    assert [report_status_of(each) for each in status.submissions] == [ReportStatus.MISSING, ReportStatus.MISSING]
    submit_month(period=due, county=place.county, by=clerk)
    overdue(due)
    late = submit_month(period=due, county=place.other_county, by=other_clerk)
    status = reporting_status(due, place.city)
    assert [report_status_of(each) for each in status.submissions] == [ReportStatus.ON_TIME, ReportStatus.LATE]
    assert (status.rate.completeness, status.rate.timeliness) == (percent(2, 2), percent(1, 2))
    return_submission(submission=late, note="请核对", by=officer)
    status = reporting_status(due, place.city)
    assert [each.county.name for each in status.unreported] == ["襄垣县"]
    assert (status.rate.completeness, status.rate.timeliness) == (percent(1, 2), percent(1, 2))


@pytest.mark.django_db
def test_a_month_is_owed_by_the_counties_of_that_month(place):
    day = datetime.date(2018, 11, 23)
    Division.objects.filter(pk=place.county.pk).update(valid_to=day)
    make_division("140403", "潞州区", place.city, valid_from=day)
    names = [
        [each.county.name for each in reporting_status(make_period(month), place.city).submissions]
        for month in ("2018-10", "2018-11")
    ]
    assert names == [["城区", "襄垣县"], ["潞州区", "襄垣县"]]


@pytest.mark.django_db
def test_rates_over_months_count_what_was_due_and_what_a_county_owed(place, clerk):
    settle(place)
    may, june = make_period("2018-05"), make_period("2018-06")
    not_due = make_due("2018-07")
    make_period("2016-01")
    new = make_division("140498", "演示新区", place.city, valid_from=datetime.date(2018, 6, 1))
    submit_month(period=may, county=place.county, by=clerk, at=moment_of(may.due_on))
    submit_month(period=june, county=place.county, by=clerk, at=moment_of(june.late_until))
    months = months_due(not_due, timezone.localdate())
    assert months == [june, may]
    rates = rates_by_county([place.county, place.other_county, new], months)
    assert [(rate.expected, rate.actual, rate.on_time) for rate in rates.values()] == [(2, 2, 1), (2, 0, 0), (1, 0, 0)]
    assert rates[place.county.pk].timeliness == 50
    rows = submissions_of([new], months)
    assert [(row.period, row.pk) for row in rows] == [(june, None)]


@pytest.mark.django_db
def test_how_a_month_stands_costs_the_same_for_any_number_of_counties(place, due):
    for number in range(20):
        make_division(f"1405{number:02d}", f"演示第{number}县", place.city)
    with exactly(2):
        assert len(reporting_status(due, place.city).submissions) == 22
    counties = Division.objects.counties()
    with exactly(2):
        month_status(due, counties.order_by("code"))


def test_nothing_expected_has_no_rate():
    assert ReportingRate().completeness is None
    assert ReportingRate().timeliness is None


# --- The calendar ---


@pytest.mark.django_db
def test_a_month_opens_when_it_begins_and_the_next_ones_are_seen(db):
    day = datetime.date(2019, 12, 31)
    assert open_due_months(day=day) == 3, "the past months are open at once"
    assert open_due_months(day=day) == 0
    codes = [period.code for period in ReportingPeriod.objects.order_by("month")]
    assert codes == ["2019-12", "2020-01", "2020-02"]


@pytest.mark.django_db
def test_months_that_began_while_beat_was_away_are_all_opened_in_order():
    this_month = timezone.localdate().replace(day=1)
    make_period("2018-06")  # of long ago, brought in by an upload: says nothing about beat
    stood_still = make_period(f"{month_after(this_month, -5):%Y-%m}")
    ReportingPeriod.objects.filter(pk=stood_still.pk).update(state="upcoming")
    assert open_due_months(day=this_month) == 6
    expected = ["2018-06", *(f"{month_after(this_month, ahead):%Y-%m}" for ahead in range(-5, 3))]
    found = list(ReportingPeriod.objects.order_by("month"))
    assert [period.code for period in found] == expected
    assert [period.state for period in found] == ["open"] * 7 + ["upcoming"] * 2
    keys = [period.pk for period in found if period.state == "open" and period.pk > stood_still.pk]
    assert keys == sorted(keys), "the oldest first"
    assert open_due_months(day=this_month) == 0


@pytest.mark.django_db
def test_an_upcoming_month_opens_on_its_day_and_a_locked_one_stays_locked(place, administrator):
    today = timezone.localdate()
    open_due_months(day=today)
    states = list(ReportingPeriod.objects.order_by("month").values_list("state", flat=True))
    assert states == ["open", "upcoming", "upcoming"]
    ReportingPeriod.objects.filter(state="open").update(
        state="locked", locked_at=timezone.now(), locked_by=administrator
    )
    following = ReportingPeriod.objects.filter(state="upcoming").order_by("month")[0]
    assert open_due_months(day=following.opens_on) >= 1
    states = list(ReportingPeriod.objects.order_by("month").values_list("state", flat=True))
    assert states[:2] == ["locked", "open"]


@pytest.mark.django_db
def test_offices_work_at_the_month_that_is_due_next():
    june, july = make_period("2018-06"), make_period("2018-07")
    for day, expected in (
        (datetime.date(2018, 6, 20), june),
        (datetime.date(2018, 7, 5), june),
        (datetime.date(2018, 7, 6), july),
        (datetime.date(2026, 1, 1), july),
    ):
        assert ReportingPeriod.objects.in_hand(day) == expected, day
    ReportingPeriod.objects.update(state="upcoming")
    assert ReportingPeriod.objects.in_hand(datetime.date(2018, 7, 1)) is None
