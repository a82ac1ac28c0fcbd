"""When figures of divisions are computed: what makes months due, and what is refreshed at night (docs/domain.md §5.12)."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
from django.db import transaction

from communities.models import Facility
from submissions.actions import lock_period
from targets.actions import compute_period, measure_if_due, refresh_figures, refresh_open_months
from targets.engine import refresh_and_judge
from targets.figures import declared_versions, version_name
from targets.jobs import MEASURE_EVERY, periods_to_measure
from targets.models import Computation, FigureResult
from targets.tasks import refresh_figures as nightly
from tests.factories import (
    make_facility,
    make_period,
    make_project,
)
from tests.queries import queries_of, writes_of
from tests.targets import figures_declared as declared
from tests.targets.measured import begun_ago, lock, sums

pytestmark = pytest.mark.django_db
JUNE = datetime.date(2018, 6, 10)


def daily(figure):
    return dataclasses.replace(figure, is_daily=True)


def test_a_new_figure_and_a_higher_version_make_open_months_due(place, period, declare_figures):
    declare_figures(declared.COVERED)
    compute_period(period)
    begun_ago(period, MEASURE_EVERY * 2)
    assert not periods_to_measure().exists()
    declare_figures(declared.COVERED, declared.MEAN_AREA)
    assert list(periods_to_measure()) == [period]
    assert measure_if_due(period_id=period.pk).measured[version_name("mean_area")] == 1
    begun_ago(period, MEASURE_EVERY * 2)
    declare_figures(declared.COVERED, dataclasses.replace(declared.MEAN_AREA, version=2))
    assert list(periods_to_measure()) == [period]
    assert declared_versions()[version_name("mean_area")] == 2


def test_a_figure_that_is_no_longer_declared_is_taken_out(place, period, declare_figures):
    make_facility(place.communities[0])
    declare_figures(declared.COVERED, declared.MEAN_AREA)
    compute_period(period)
    declare_figures(declared.COVERED)
    compute_period(period)
    assert set(FigureResult.objects.values_list("code", flat=True)) == {"covered"}


def test_the_number_of_statements_does_not_depend_on_the_rows(place, period, declare_figures):
    declare_figures(declared.COVERED, declared.AREA_OPENED)
    make_facility(place.communities[0])
    compute_period(period)
    few = len(queries_of(lambda: compute_period(period)))
    for community in (*place.communities, *place.villages):
        make_facility(community, opened_on=JUNE, construction_mode="new")
    assert len(queries_of(lambda: compute_period(period))) == few
    declare_figures(declared.COVERED, declared.AREA_OPENED, declared.MEAN_AREA)
    assert len(queries_of(lambda: compute_period(period))) == few + 1


def test_computing_again_writes_no_figure(place, period, declare_figures):
    declare_figures(*declared.EVERY)
    make_facility(place.communities[0], area="0.10", opened_on=JUNE)
    make_project(place.county, budget="12.35")
    compute_period(period)
    before = list(FigureResult.objects.order_by("pk").values())
    assert before
    compute_period(period)
    assert list(FigureResult.objects.order_by("pk").values()) == before


# --- Daily figures ---


def test_a_daily_figure_is_refreshed_at_night_and_others_are_not(place, period, declare_figures):
    declare_figures(daily(declared.COVERED), declared.MEAN_AREA)
    facility = make_facility(place.communities[0], area=10)
    compute_period(period)
    finished_at = Computation.objects.get(period=period).finished_at
    Facility.objects.filter(pk=facility.pk).update(closed_on=datetime.date(2018, 6, 1))
    begun_ago(period, MEASURE_EVERY * 2)
    assert not periods_to_measure().exists()  # no change set says so
    assert refresh_open_months() == 1
    assert sums(period, "covered", place.city) == (0, 5)
    assert sums(period, "mean_area", place.city) == (10, 1)
    refreshed_at = Computation.objects.get(period=period).finished_at
    assert refreshed_at > finished_at
    assert refresh_figures(period) is False
    assert Computation.objects.get(period=period).finished_at == refreshed_at


def test_nothing_is_refreshed_without_daily_figures_or_before_the_first_computation(place, period, declare_figures):
    declare_figures(declared.COVERED)
    compute_period(period)
    writes = writes_of(queries_of(nightly))
    assert writes == []
    declare_figures(daily(declared.COVERED))
    make_period("2018-05")
    Computation.objects.all().delete()
    assert refresh_open_months() == 0


def test_a_month_that_is_locked_meanwhile_does_not_keep_the_others_from_being_refreshed(
    place, period, officer, declare_figures, monkeypatch
):
    declare_figures(daily(declared.COVERED))
    may = make_period("2018-05")
    facility = make_facility(place.communities[0])
    for each in (may, period):
        compute_period(each)
    Facility.objects.filter(pk=facility.pk).update(closed_on=datetime.date(2018, 1, 1))
    lock(period, officer)
    monkeypatch.setattr(type(period).objects, "open", lambda: type(period).objects.order_by("-month"))
    assert refresh_open_months() == 1
    assert (sums(may, "covered", place.city), sums(period, "covered", place.city)) == ((0, 5), (1, 5))


def test_the_lock_refreshes_daily_figures_and_freezes_all(place, period, administrator, declare_figures):
    declare_figures(daily(declared.COVERED))
    facility = make_facility(place.communities[0])
    compute_period(period)
    Facility.objects.filter(pk=facility.pk).update(closed_on=datetime.date(2018, 6, 1))
    outcome = lock_period(period=period, by=administrator)
    assert outcome.was_recomputed is False
    assert sums(period, "covered", place.city) == (0, 5)


def test_figures_are_refreshed_inside_a_transaction_only(place, period, declare_figures):
    with pytest.raises(transaction.TransactionManagementError), _outside_transactions():
        refresh_and_judge(period, None, ())


class _outside_transactions:
    """Lets `connection.in_atomic_block` be false, as it is outside a test."""

    def __enter__(self):
        self.was, transaction.get_connection().in_atomic_block = transaction.get_connection().in_atomic_block, False

    def __exit__(self, *_):
        transaction.get_connection().in_atomic_block = self.was
