"""Computing a month: idempotence, snapshots, concurrency; and which changes its figures reflect."""

import datetime
import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, ProtectedError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from changelog.models import ChangeSet
from changzhi_portal.refusals import InvalidError, LockedError, NotFoundError
from communities.models import Community, CommunityPlacement
from targets.actions import compute_period, measure_if_due, measuring
from targets.jobs import MEASURE_EVERY, periods_to_measure
from targets.models import CommunityMeasure, Computation, ConsumedChange, DivisionMeasure, TargetPlan, TargetResult
from tests.factories import (
    make_change_set,
    make_community,
    make_facility,
    make_organization,
    make_period,
    make_place,
    make_user,
    make_worker,
)
from tests.targets.measured import begun_ago, figures_of, lock, some_facts
from tests.threads import run_in_threads

State = Computation.State
WRITTEN = (CommunityMeasure, DivisionMeasure, TargetResult)


# --- Computing ---


@pytest.mark.django_db
def test_computing_again_gives_the_same_figures(place, period):
    some_facts(place)
    compute_period(period)
    first = figures_of(period)
    assert all(first)
    for _ in range(2):
        compute_period(period)
        assert figures_of(period) == first
    assert Computation.objects.count() == 1


@pytest.mark.django_db
def test_computing_again_touches_only_the_rows_that_come_out_otherwise(place, period):
    some_facts(place)
    compute_period(period)
    keys = [set(model.objects.filter(period=period).values_list("pk", flat=True)) for model in WRITTEN]
    compute_period(period)
    assert [set(model.objects.filter(period=period).values_list("pk", flat=True)) for model in WRITTEN] == keys
    make_facility(place.communities[1], area=100)
    compute_period(period)
    measures = CommunityMeasure.objects.filter(period=period)
    changed = {row.community for row in measures.select_related("community") if row.pk not in keys[0]}
    assert changed == {place.communities[1]}
    results = TargetResult.objects.filter(period=period).exclude(pk__in=keys[2])
    assert set(results.values_list("target__code", "division__code")) == {
        ("urban_facility_area", code) for code in ("140400", "140402", "140402001")
    }


@pytest.mark.django_db
def test_what_is_no_longer_measured_goes_and_what_is_new_comes(place, period):
    compute_period(period)
    Community.objects.filter(pk=place.communities[0].pk).update(is_virtual=True)
    new = make_community(place.street)
    compute_period(period)
    measured = set(CommunityMeasure.objects.filter(period=period).values_list("community", flat=True))
    everybody = {*place.communities, *place.other_communities, *place.villages, new}
    assert measured == {community.pk for community in everybody - {place.communities[0]}}


@pytest.mark.django_db
def test_computing_one_month_leaves_the_others_alone(place, period):
    earlier = make_period("2018-05")
    compute_period(earlier)
    before = figures_of(earlier)
    some_facts(place)
    compute_period(period)
    assert figures_of(earlier) == before


@pytest.mark.django_db
def test_the_computation_says_when_and_by_which_plan(place, period):
    before = timezone.now()
    computation = compute_period(period)
    computation.refresh_from_db()
    assert computation.state == State.FINISHED
    assert before <= computation.started_at <= computation.finished_at <= timezone.now()
    assert computation.plan == TargetPlan.objects.get(code="2020")


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_communities_or_facts(place, period):
    some_facts(place)
    compute_period(period)  # a month without rows takes fewer statements
    with CaptureQueriesContext(connection) as few:
        compute_period(period)
    for number in range(30):
        community = make_community(place.street, residents=3_000 + number)
        make_facility(community)
        make_organization(community)
        make_worker(community)
    with CaptureQueriesContext(connection) as many:
        compute_period(period)
    assert CommunityMeasure.objects.for_period(period).filter(workers__gte=1).count() >= 30
    assert len(many) == len(few), [query["sql"] for query in many]


@pytest.mark.django_db
def test_a_locked_month_is_refused_and_keeps_its_figures(place, period, officer):
    compute_period(period)
    before = figures_of(period)
    some_facts(place)
    lock(period, officer)
    with pytest.raises(LockedError):
        compute_period(period)
    assert figures_of(period) == before


@pytest.mark.django_db
def test_a_month_that_has_not_begun_is_refused(place):
    following = timezone.localdate().replace(day=1) + datetime.timedelta(days=32)
    with pytest.raises(InvalidError):
        compute_period(make_period(f"{following:%Y-%m}"))
    assert not Computation.objects.exists()


@pytest.mark.django_db
def test_the_current_month_can_be_computed_before_it_ends_and_after_the_plan_has_ended(place):
    today = timezone.localdate()
    assert compute_period(make_period(f"{today:%Y-%m}")).plan.code == "2025"


@pytest.mark.django_db
def test_a_month_before_the_first_plan_is_refused(place):
    with pytest.raises(NotFoundError) as refusal:
        compute_period(make_period("2017-10"))
    assert "2017-11-14" in refusal.value.cure


@pytest.mark.django_db(transaction=True)
def test_a_failed_computation_keeps_the_figures_of_before_and_is_tried_again_a_minute_later():
    place, period = make_place(), make_period()
    compute_period(period)
    before = figures_of(period)
    # Corrupt data: one community at two places at once. The constraints of the measures refuse it.
    second = CommunityPlacement.objects.create(
        community=place.communities[0],
        town=place.street,
        code="140402001398",
        name="重复社区",
        valid_from=datetime.date(1950, 1, 1),
        valid_to=datetime.date(2020, 1, 1),
    )
    begun_ago(period, MEASURE_EVERY * 2, State.FAILED)
    with pytest.raises(IntegrityError):
        measure_if_due(period_id=period.pk)
    computation = Computation.objects.get()
    assert computation.state == State.FAILED
    assert computation.finished_at is not None
    assert figures_of(period) == before
    assert not periods_to_measure().exists()
    second.delete()
    begun_ago(period, MEASURE_EVERY * 2, State.FAILED)
    assert measure_if_due(period_id=period.pk).state == State.FINISHED


# --- Which changes the figures reflect ---


@pytest.mark.django_db
def test_a_month_is_stale_from_a_change_until_it_is_computed_again(place, period, administrator):
    compute_period(period)
    assert not Computation.objects.of_period(period).is_stale
    make_change_set(administrator)
    assert Computation.objects.of_period(period).is_stale
    compute_period(period)
    assert not Computation.objects.of_period(period).is_stale
    assert ConsumedChange.objects.count() == 1


@pytest.mark.django_db
def test_a_change_makes_every_open_month_stale(place, period, administrator):
    other = make_period("2018-05")
    make_change_set(administrator)
    compute_period(period)
    compute_period(other)
    assert not Computation.objects.with_staleness().filter(is_stale=True).exists()
    make_change_set(administrator)
    assert Computation.objects.with_staleness().filter(is_stale=True).count() == 2


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_change_that_commits_while_the_month_is_computed_is_not_taken_for_consumed(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets nobody write meanwhile")
    place, period = make_place(), make_period()
    administrator = make_user(Role.BUREAU_ADMIN, place.city)
    make_change_set(administrator)
    make_facility(place.communities[0], area=100)
    compute = measuring.measure_and_judge

    def change_first(*arguments):
        run_in_threads(lambda: (make_facility(place.communities[0], area=900), make_change_set(administrator)))
        compute(*arguments)

    monkeypatch.setattr(measuring, "measure_and_judge", change_first)
    compute_period(period)
    assert CommunityMeasure.objects.get(community=place.communities[0]).facility_area == 100
    assert ConsumedChange.objects.count() == 1
    assert ChangeSet.objects.count() == 2
    assert Computation.objects.of_period(period).is_stale


@pytest.mark.django_db(transaction=True)
def test_two_people_computing_the_same_month_at_once_get_one_set_of_figures():
    place, period = make_place(), make_period()
    some_facts(place)
    ready = threading.Barrier(2)

    def compute():
        ready.wait()
        compute_period(period)

    run_in_threads(compute, compute)
    assert Computation.objects.get().state == State.FINISHED
    together = figures_of(period)
    compute_period(period)
    assert figures_of(period) == together


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no single rows, so nobody waits in a ring")
def test_a_computation_that_an_upload_holds_up_in_a_ring_is_done_again():
    place = make_place()
    one, other = place.communities[:2]
    both_hold = threading.Barrier(2)
    has_uploaded = threading.Event()
    attempts = []

    def held(community):
        return Community.objects.select_for_update().get(pk=community.pk)

    def compute():
        if attempts:  # otherwise it could lock the first community before the upload does, and deadlock again
            has_uploaded.wait(timeout=60)
        attempts.append(held(one))
        if len(attempts) == 1:
            both_hold.wait()
        return held(other)

    def upload():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '30s'")  # so that the computation is aborted, not the upload
            held(other)
            both_hold.wait()
            held(one)
        has_uploaded.set()

    run_in_threads(lambda: measuring.in_one_snapshot(compute), upload)
    assert len(attempts) == 2


# --- Undoing an upload that added communities ---


@pytest.mark.django_db
def test_a_community_measured_in_an_open_month_can_be_taken_back(place, period):
    community = make_community(place.street)
    compute_period(period)
    community.delete()
    assert not Community.objects.filter(pk=community.pk).exists()
    assert CommunityMeasure.objects.for_period(period).count() == 7


@pytest.mark.django_db
def test_a_community_measured_in_a_locked_month_stays(place, period, officer):
    community = make_community(place.street)
    compute_period(period)
    lock(period, officer)
    with pytest.raises(ProtectedError):
        community.delete()
    assert CommunityMeasure.objects.for_period(period).filter(community=community).exists()


@pytest.mark.django_db
def test_the_results_of_a_month_add_up(place, period):
    some_facts(place)
    compute_period(period)
    adding_up = TargetResult.objects.filter(judged=F("met") + F("over") + F("unmet") + F("unknown"))
    assert adding_up.count() == TargetResult.objects.count() > 0
