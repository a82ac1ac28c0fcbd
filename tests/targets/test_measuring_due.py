"""Months that are due for measuring by the worker."""

import datetime

import pytest
from django.utils import timezone

from changzhi_portal.jobs import put_back_jobs
from targets.actions import change_plan, compute_period, measure_if_due, measuring
from targets.jobs import MEASURE, MEASURE_EVERY, periods_to_measure
from targets.models import CommunityMeasure, Computation, TargetPlan
from tests.factories import make_change_set, make_period, make_place
from tests.targets.measured import begun_ago, lock, some_facts

State = Computation.State


@pytest.mark.django_db
def test_an_open_month_that_was_never_measured_is_due(place, period):
    assert list(periods_to_measure()) == [period]


@pytest.mark.django_db
def test_an_empty_portal_has_nothing_to_measure(period):
    assert not periods_to_measure().exists()


@pytest.mark.django_db
def test_a_measured_month_is_due_again_only_after_a_change(place, period, administrator):
    compute_period(period)
    begun_ago(period, MEASURE_EVERY * 2)
    assert not periods_to_measure().exists()
    make_change_set(administrator)
    assert list(periods_to_measure()) == [period]


@pytest.mark.django_db
def test_a_month_is_measured_once_a_minute_at_most(place, period, administrator):
    compute_period(period)
    make_change_set(administrator)
    begun_ago(period, MEASURE_EVERY - datetime.timedelta(seconds=5))
    assert not periods_to_measure().exists()
    begun_ago(period, MEASURE_EVERY + datetime.timedelta(seconds=1))
    assert list(periods_to_measure()) == [period]


@pytest.mark.django_db
def test_a_month_that_only_an_earlier_version_of_the_plan_spoke_of_is_not_due(place, administrator):
    make_period("2018-01")
    first = make_period("2018-02")
    plan = TargetPlan.objects.get(code="2020", is_current=True)
    change_plan(plan=plan, values={"starts_on": datetime.date(2018, 2, 1)}, reason="推迟", by=administrator)
    assert list(periods_to_measure()) == [first]


@pytest.mark.django_db
def test_locked_and_coming_months_and_those_before_the_plan_are_never_due(place, officer, administrator):
    lock(make_period("2018-06"), officer)
    following = timezone.localdate().replace(day=1) + datetime.timedelta(days=32)
    make_period(f"{following:%Y-%m}")
    make_period("2017-10")
    first = make_period("2017-11")
    make_change_set(administrator)
    assert list(periods_to_measure()) == [first]


@pytest.mark.django_db
def test_a_computation_that_a_killed_worker_left_running_is_taken_over(place, period):
    compute_period(period)
    begun_ago(period, MEASURE_EVERY - datetime.timedelta(seconds=5), State.RUNNING)
    assert MEASURE.put_back() == 0
    assert measure_if_due(period_id=period.pk) is None
    begun_ago(period, MEASURE_EVERY + datetime.timedelta(seconds=1), State.RUNNING)
    assert measure_if_due(period_id=period.pk) is None
    assert MEASURE.put_back() == 1
    assert measure_if_due(period_id=period.pk).state == State.FINISHED
    assert Computation.objects.get().attempts == 0


@pytest.mark.django_db
def test_of_two_workers_that_found_the_same_month_due_one_computes_it(place, period):
    compute_period(period)
    begun_ago(period, MEASURE_EVERY * 2, State.FAILED)
    assert [measuring._claim(period) is not None, measuring._claim(period) is not None] == [True, False]
    begun_ago(period, MEASURE_EVERY * 2, State.FAILED)
    assert measure_if_due(period_id=period.pk) is not None
    assert measure_if_due(period_id=period.pk) is None


@pytest.mark.django_db
def test_of_two_workers_at_a_month_never_measured_one_computes_it(place, period):
    assert [measuring._claim(period) is not None, measuring._claim(period) is not None] == [True, False]


@pytest.mark.django_db
def test_a_task_for_a_month_that_has_vanished_does_nothing(place):
    assert measure_if_due(period_id=123_456) is None


@pytest.mark.django_db(transaction=True)
def test_the_worker_measures_every_month_that_is_due_by_itself(eager_tasks):
    place, period, other = make_place(), make_period("2018-06"), make_period("2018-05")
    some_facts(place)
    put_back_jobs()
    assert set(Computation.objects.values_list("period", "state")) == {
        (period.pk, State.FINISHED),
        (other.pk, State.FINISHED),
    }
    assert CommunityMeasure.objects.for_period(period).get(community=place.communities[0]).facility_area == 600
    began = list(Computation.objects.values_list("started_at", flat=True))
    put_back_jobs()
    assert list(Computation.objects.values_list("started_at", flat=True)) == began
