"""锁定后变动: when a locked month is compared, what is stored, and that the month does not change."""

from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Role
from changzhi_portal.jobs import put_back_jobs
from changzhi_portal.refusals import StaleError
from periods.models import ReportingPeriod
from revisions import actions as comparing
from revisions.actions import compare_if_due, compare_locked
from revisions.jobs import COMPARE_EVERY, locked_periods_to_compare
from revisions.models import LockedChange, LockedComparison
from submissions.actions import lock_period, reopen_period
from targets.actions import compute_period
from targets.models import Computation, ConsumedChange
from tests.factories import make_facility, make_period, make_place, make_user
from tests.queries import queries_of
from tests.revisions.edits import Office, rows_of

pytestmark = pytest.mark.django_db


def test_the_frozen_rows_are_the_same_rows_and_nothing_of_the_stand_in_stays(locked, facts, office):
    before, computations = rows_of(locked), list(Computation.objects.values())
    periods, consumed = ReportingPeriod.objects.count(), ConsumedChange.objects.count()
    office.change(facts.communities[0].facilities.get(), area=Decimal(900))
    compare_locked(locked)
    assert rows_of(locked) == before
    assert list(Computation.objects.values()) == computations
    assert (ReportingPeriod.objects.count(), ConsumedChange.objects.count()) == (periods, consumed)


def test_comparing_again_replaces_the_last_answer(locked, facts, office):
    facility = facts.communities[0].facilities.get()
    edit = office.change(facility, area=Decimal(900))
    compare_locked(locked)
    assert not LockedComparison.objects.of_period(locked).is_stale
    office.undo(edit)
    assert LockedComparison.objects.of_period(locked).is_stale
    compare_locked(locked)
    assert not LockedChange.objects.exists()
    assert not LockedComparison.objects.of_period(locked).is_stale


def test_an_open_month_has_nothing_to_compare(facts, period):
    compute_period(period)
    with pytest.raises(StaleError):
        compare_locked(period)
    assert not LockedComparison.objects.exists()


def test_reopening_forgets_the_answer(locked, facts, office, administrator):
    office.change(facts.communities[0].facilities.get(), area=Decimal(900))
    compare_locked(locked)
    reopen_period(period=locked, by=administrator, reason="更正")
    assert not LockedComparison.objects.exists()
    assert not LockedChange.objects.exists()


def test_a_locked_month_is_due_after_an_edit_and_not_more_often_than_agreed(locked, facts, office):
    assert not locked_periods_to_compare().exists()
    facility = facts.communities[0].facilities.get()
    office.change(facility, area=Decimal(900))
    assert list(locked_periods_to_compare()) == [locked]
    assert compare_if_due(period_id=locked.pk) is not None
    assert not locked_periods_to_compare().exists()
    office.change(facility, area=Decimal(901))
    assert not locked_periods_to_compare().exists(), "too soon"
    LockedComparison.objects.update(started_at=timezone.now() - COMPARE_EVERY)
    assert list(locked_periods_to_compare()) == [locked]
    assert compare_if_due(period_id=locked.pk) is not None
    assert compare_if_due(period_id=locked.pk) is None
    assert LockedChange.objects.get(community__isnull=False).columns[0]["after"] == 901


@pytest.mark.django_db(transaction=True)
def test_the_worker_compares_every_locked_month_that_is_due_by_itself(eager_tasks):
    place, periods = make_place(), [make_period("2018-06"), make_period("2018-05")]
    administrator = make_user(Role.BUREAU_ADMIN, place.city)
    facility = make_facility(place.communities[0])
    for period in periods:
        lock_period(period=period, by=administrator)
    Office(administrator).change(facility, area=Decimal(900))
    put_back_jobs()
    found = LockedChange.objects.communities().values_list("comparison__period__month__month", "columns")
    assert sorted((month, columns[0]["after"]) for month, columns in found) == [(5, 900), (6, 900)]


def test_a_failed_comparison_says_so_and_keeps_the_last_answer(locked, facts, office, monkeypatch):
    office.change(facts.communities[0].facilities.get(), area=Decimal(900))
    compare_locked(locked)
    office.change(facts.communities[0].facilities.get(), area=Decimal(901))
    LockedComparison.objects.update(started_at=timezone.now() - COMPARE_EVERY)

    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("revisions.actions.differences_of", fail)
    with pytest.raises(ZeroDivisionError):
        compare_if_due(period_id=locked.pk)
    assert LockedComparison.objects.get().state == "failed"
    assert LockedChange.objects.get(community__isnull=False).columns[0]["after"] == 900
    assert not ReportingPeriod.objects.exclude(pk=locked.pk).exists()


def test_a_month_opened_while_its_comparison_begins_keeps_none(locked, facts, office, administrator, monkeypatch):
    office.change(facts.communities[0].facilities.get(), area=Decimal(900))
    claim = comparing._claim

    def opened_first(period):
        reopen_period(period=period, by=administrator, reason="补报设施")
        return claim(period)

    monkeypatch.setattr(comparing, "_claim", opened_first)
    with pytest.raises(StaleError):
        compare_if_due(period_id=locked.pk)
    assert not LockedComparison.objects.exists()


def test_the_number_of_queries_does_not_grow_with_edits(locked, facts, office):
    office.change(facts.communities[0].facilities.get(), area=Decimal(900))
    office.change(facts.villages[0].postings.get().worker, level="senior")
    compare_locked(locked)
    few = len(queries_of(lambda: compare_locked(locked)))
    for community in (*facts.communities[1:], *facts.villages):
        office.change(community.facilities.get(), area=Decimal(700))
        office.change(community.organizations.get(), registration="guided")
        office.change(community.postings.get().worker, level="assistant")
    many = len(queries_of(lambda: compare_locked(locked)))
    assert LockedChange.objects.of_period(locked).communities().count() == 5
    assert many <= few + 6, "organizations join in: their own statements, no more"
