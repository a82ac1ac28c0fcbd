"""Locking a month: its figures are updated, then frozen until it is reopened."""

import datetime
import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Role
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.refusals import InvalidError, LockedError, NotAllowedError, NotFoundError, StaleError
from periods.models import ReportingPeriod
from submissions.actions import change_dates, lock_period, outstanding_counties, reopen_period
from submissions.models import Submission
from targets.actions import compute_period, measure_if_due, measuring
from targets.jobs import MEASURE_EVERY, periods_to_measure
from targets.models import CommunityMeasure, Computation, ConsumedChange
from tests.factories import make_change_set, make_facility, make_period, make_place, make_user
from tests.targets.measured import begun_ago, figures_of, some_facts
from tests.threads import run_in_threads

State = ReportingPeriod.State


def edit(user, community, area=900):
    """Change the register and log it in a change set."""
    make_facility(community, area=area)
    return make_change_set(user)


# --- Locking ---


@pytest.mark.django_db
def test_locking_measures_a_month_that_was_never_measured(place, period, administrator):
    some_facts(place)
    locked = lock_period(period=period, by=administrator)
    assert locked.was_recomputed
    period.refresh_from_db()
    assert (period.state, period.locked_by) == (State.LOCKED, administrator)
    assert period.locked_at <= timezone.now()
    assert CommunityMeasure.objects.for_period(period).get(community=place.communities[0]).facility_area == 600


@pytest.mark.django_db
def test_locking_brings_a_stale_month_up_to_date_first(place, period, administrator):
    compute_period(period)
    edit(administrator, place.communities[0], area=700)
    assert lock_period(period=period, by=administrator).was_recomputed
    assert CommunityMeasure.objects.for_period(period).get(community=place.communities[0]).facility_area == 700
    assert Computation.objects.is_up_to_date(period)


@pytest.mark.django_db
def test_locking_a_month_that_is_up_to_date_computes_nothing_again(place, period, administrator):
    finished = compute_period(period).finished_at
    assert not lock_period(period=period, by=administrator).was_recomputed
    assert Computation.objects.get().finished_at == finished


@pytest.mark.django_db
def test_a_month_whose_computation_failed_is_computed_when_it_is_locked(place, period, administrator):
    compute_period(period)
    Computation.objects.update(state=Computation.State.FAILED)
    assert lock_period(period=period, by=administrator).was_recomputed
    assert Computation.objects.get().state == Computation.State.FINISHED


@pytest.mark.django_db
def test_later_edits_leave_a_locked_month_as_it_is_whoever_computes(place, period, administrator):
    some_facts(place)
    lock_period(period=period, by=administrator)
    frozen, consumed = figures_of(period), ConsumedChange.objects.filter(period=period).count()
    edit(administrator, place.communities[1])
    with pytest.raises(LockedError):
        compute_period(period)
    assert not periods_to_measure().exists()
    assert measure_if_due(period_id=period.pk) is None
    assert figures_of(period) == frozen
    assert ConsumedChange.objects.filter(period=period).count() == consumed


@pytest.mark.django_db
def test_only_a_bureau_administrator_locks_reopens_and_changes_dates(place, period, clerk, officer, leader, auditor):
    for user in (clerk, officer, leader, auditor):
        with pytest.raises(NotAllowedError) as refusal:
            lock_period(period=period, by=user)
        assert user.username in refusal.value.cure
        with pytest.raises(NotAllowedError):
            reopen_period(period=period, by=user, reason="更正")
        with pytest.raises(NotAllowedError):
            change_dates(period=period, by=user, **dates_of(period))
    period.refresh_from_db()
    assert period.state == State.OPEN
    assert not ChangeSet.objects.exists()


@pytest.mark.django_db
def test_a_month_is_locked_once(place, period, administrator):
    lock_period(period=period, by=administrator)
    with pytest.raises(StaleError, match="已经锁定"):
        lock_period(period=period, by=administrator)
    assert ChangeSet.objects.count() == 1


@pytest.mark.django_db
def test_a_month_that_has_not_ended_is_not_locked(place, administrator):
    current = make_period(f"{timezone.localdate():%Y-%m}")
    coming = make_period(f"{timezone.localdate().replace(day=1) + datetime.timedelta(days=32):%Y-%m}")
    for period in (coming, *([current] if current.as_of > timezone.localdate() else [])):
        with pytest.raises(StaleError, match="还没有结束"):
            lock_period(period=period, by=administrator)
    assert not Computation.objects.exists()


@pytest.mark.django_db
def test_a_month_that_nobody_can_measure_is_not_locked(place, administrator):
    before_the_plan = make_period("2017-10")
    with pytest.raises(NotFoundError):
        lock_period(period=before_the_plan, by=administrator)
    before_the_plan.refresh_from_db()
    assert before_the_plan.state == State.OPEN
    assert not ChangeSet.objects.exists()


@pytest.mark.django_db
def test_whoever_has_not_been_accepted_is_named_and_does_not_keep_the_month_open(place, period, administrator, clerk):
    make_submission = Submission.objects.create
    make_submission(
        period=period,
        county=place.county,
        state=Submission.State.ACCEPTED,
        submitted_at=timezone.now(),
        submitted_by=clerk,
        reviewed_at=timezone.now(),
        reviewed_by=administrator,
    )
    named = [(each.county, each.label) for each in outstanding_counties(period)]
    assert named == [(place.other_county, "未上报")]
    locked = lock_period(period=period, by=administrator)
    assert [each.county for each in locked.outstanding] == [place.other_county]
    assert locked.period.is_locked


@pytest.mark.django_db
def test_a_county_that_was_merged_before_the_month_is_not_missed(place, period):
    place.other_county.valid_to = datetime.date(2018, 6, 30)
    place.other_county.save()
    assert [each.county for each in outstanding_counties(period)] == [place.county]


# --- Pages and scope ---


@pytest.mark.django_db
def test_locking_and_reopening_stand_in_the_change_log_with_who_when_and_why(place, period, administrator):
    lock_period(period=period, by=administrator)
    reopen_period(period=period, by=administrator, reason="襄垣县  补报设施")
    lock_period(period=period, by=administrator)
    reopen_period(period=period, by=administrator, reason="第二次更正")
    records = ChangeRecord.objects.of_object(period).select_related("change_set").order_by("id")
    assert [record.after["state"] for record in records] == ["locked", "open", "locked", "open"]
    assert [record.after.get("reopened_reason") for record in records] == [None, "襄垣县 补报设施", "", "第二次更正"]
    assert {record.change_set.made_by for record in records} == {administrator}
    assert [record.change_set.summary for record in records][:2] == [
        "锁定2018年6月",
        "重新开放2018年6月：襄垣县 补报设施",
    ]


@pytest.mark.django_db
def test_locking_one_month_makes_no_other_month_stale(place, period, administrator):
    other = make_period("2018-05")
    compute_period(other)
    lock_period(period=period, by=administrator)
    reopen_period(period=period, by=administrator, reason="更正")
    assert Computation.objects.is_up_to_date(other)
    assert not Computation.objects.of_period(other).is_stale


# --- Reopening ---


@pytest.mark.django_db
def test_a_reopened_month_is_due_and_shows_what_changed_meanwhile(place, period, administrator):
    some_facts(place)
    lock_period(period=period, by=administrator)
    edit(administrator, place.communities[1])
    begun_ago(period, MEASURE_EVERY * 2)
    reopened = reopen_period(period=period, by=administrator, reason="更正")
    assert (reopened.state, reopened.locked_at, reopened.locked_by) == (State.OPEN, None, None)
    assert reopened.reopened_reason == "更正"
    assert list(periods_to_measure()) == [period]
    measure_if_due(period_id=period.pk)
    assert CommunityMeasure.objects.for_period(period).get(community=place.communities[1]).facility_area == 900


@pytest.mark.django_db
def test_an_open_month_is_not_reopened(place, period, administrator):
    with pytest.raises(StaleError):
        reopen_period(period=period, by=administrator, reason="更正")


@pytest.mark.parametrize(("reason", "sentence"), [("  \n ", "请写明"), ("字" * 201, "200个字以内")])
@pytest.mark.django_db
def test_reopening_takes_a_reason_of_reasonable_length(place, period, administrator, reason, sentence):
    lock_period(period=period, by=administrator)
    with pytest.raises(InvalidError, match=sentence):
        reopen_period(period=period, by=administrator, reason=reason)
    period.refresh_from_db()
    assert period.is_locked


# --- Dates ---


def dates_of(period, **changes):
    return {"opens_on": period.opens_on, "due_on": period.due_on, "late_until": period.late_until} | changes


@pytest.mark.django_db
def test_changed_dates_are_kept_and_logged(place, period, administrator):
    later = dates_of(period, due_on=datetime.date(2018, 7, 10), late_until=datetime.date(2018, 7, 20))
    change_dates(period=period, by=administrator, **later)
    period.refresh_from_db()
    assert dates_of(period) == later
    record = ChangeRecord.objects.of_object(period).get()
    assert record.before == {"due_on": "2018-07-05", "late_until": "2018-07-15"}
    assert record.after == {"due_on": "2018-07-10", "late_until": "2018-07-20"}


@pytest.mark.django_db
def test_unchanged_dates_are_no_change(place, period, administrator):
    change_dates(period=period, by=administrator, **dates_of(period))
    assert not ChangeSet.objects.exists()


@pytest.mark.django_db
def test_dates_out_of_order_are_refused(place, period, administrator):
    with pytest.raises(InvalidError):
        change_dates(period=period, by=administrator, **dates_of(period, due_on=datetime.date(2018, 5, 1)))
    period.refresh_from_db()
    assert period.due_on == datetime.date(2018, 7, 5)


@pytest.mark.django_db
def test_the_dates_of_a_locked_month_stay(place, period, administrator):
    lock_period(period=period, by=administrator)
    with pytest.raises(LockedError):
        change_dates(period=period, by=administrator, **dates_of(period))


@pytest.mark.parametrize(
    "wrong",
    [{"state": "locked"}, {"locked_at": timezone.now()}, {"state": "open", "locked": True}],
    ids=["no time", "open", "open by"],
)
@pytest.mark.django_db
def test_the_database_refuses_a_half_locked_month(place, period, administrator, wrong):
    values = {"locked_at": timezone.now(), "locked_by": administrator} if wrong.pop("locked", False) else {}
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportingPeriod.objects.filter(pk=period.pk).update(**values, **wrong)


# --- Concurrency ---


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_locking_at_once_one_is_told_that_it_is_done():
    place, period = make_place(), make_period()
    some_facts(place)
    users = [make_user(Role.BUREAU_ADMIN, place.city) for _ in range(2)]
    ready, refusals = threading.Barrier(2), []

    def lock(user):
        ready.wait()
        try:
            lock_period(period=period, by=user)
        except StaleError as refusal:
            refusals.append(refusal.code)

    run_in_threads(*[lambda user=user: lock(user) for user in users])
    assert refusals == ["stale"]
    assert ChangeSet.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_comes_too_late_leaves_a_locked_month_alone(monkeypatch):
    """The worker has claimed the month; before it computes, a user locks the month."""
    place, period = make_place(), make_period()
    administrator = make_user(Role.BUREAU_ADMIN, place.city)
    some_facts(place)
    claim = measuring._claim

    def claim_and_lock(period):
        claimed = claim(period)
        assert claimed is not None
        run_in_threads(lambda: lock_period(period=period, by=administrator))
        return claimed

    monkeypatch.setattr(measuring, "_claim", claim_and_lock)
    assert measure_if_due(period_id=period.pk) is None
    computation = Computation.objects.get()
    assert computation.state == Computation.State.FINISHED
    assert Computation.objects.is_up_to_date(period)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_change_that_commits_while_the_month_is_locked_is_a_later_one(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets nobody write meanwhile")
    place, period = make_place(), make_period()
    administrator = make_user(Role.BUREAU_ADMIN, place.city)
    edit(administrator, place.communities[0], area=100)
    measure = measuring.measure_and_judge

    def change_first(*arguments):
        run_in_threads(lambda: edit(administrator, place.communities[0], area=900))
        measure(*arguments)

    monkeypatch.setattr(measuring, "measure_and_judge", change_first)
    lock_period(period=period, by=administrator)
    assert CommunityMeasure.objects.get(community=place.communities[0]).facility_area == 100
    assert not Computation.objects.is_up_to_date(period)
