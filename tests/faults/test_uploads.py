"""Uploads through a real worker, and workers that are killed."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from changelog.models import ChangeRecord
from changzhi_portal.jobs import put_back_jobs
from changzhi_portal.registers.context import CheckContext
from communities.models import Community, CommunityProfile, Facility
from submissions.actions import lock_period
from tests.api.mirror import Mirror
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import make_period
from tests.faults.processes import process, wait_until, worker
from tests.uploads.office import write_workbook
from uploads import actions
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db(transaction=True)
State = UploadBatch.State


def received(path: Path, user: User, *, queue: bool = True) -> UploadBatch:
    file = write_workbook(path / "演示设施.xlsx", [facility_row(设施名称=f"活动室{number}") for number in range(50)])
    return actions.receive_file(
        file=[file.read_bytes()], file_name=file.name, register="facilities", by=user, period=make_period(), queue=queue
    )


def state_of(batch: UploadBatch) -> str:
    batch.refresh_from_db()
    return batch.state


def test_a_worker_checks_and_commits_what_the_page_queued(clerk: User, tmp_path: Path) -> None:
    with worker():
        batch = received(tmp_path, clerk)
        wait_until(lambda: state_of(batch) == State.CHECKED, what="the check")
        actions.request_commit(batch=batch, mode="all", by=clerk)
        wait_until(lambda: state_of(batch) == State.COMMITTED, what="the commit")
    assert Facility.objects.count() == batch.new == 50


def test_a_worker_killed_in_the_middle_of_a_commit_leaves_nothing_and_the_batch_goes_on(
    clerk: User, tmp_path: Path, signed_in: Callable[[User], Client]
) -> None:
    batch = actions.check_batch(received(tmp_path, clerk, queue=False))
    copied = Mirror(signed_in(clerk), "facilities")
    actions.request_commit(batch=batch, mode="all", by=clerk)
    with process("-m", "tests.faults.hang_in_commit", str(batch.pk)) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline().strip() == "written"
        killed.kill()
        killed.wait(timeout=30)
    assert state_of(batch) == State.COMMITTING
    assert Facility.objects.count() == ChangeRecord.objects.count() == 0
    copied.catch_up()
    assert (copied.rows, copied.gone) == ({}, []), "a program that copies the register is told nothing of it"

    UploadBatch.objects.filter(pk=batch.pk).update(heartbeat_at=timezone.now() - datetime.timedelta(minutes=2))
    put_back_jobs()
    assert state_of(batch) == State.COMMIT_QUEUED
    with worker():
        wait_until(lambda: state_of(batch) == State.COMMITTED, what="the second try")
    assert Facility.objects.count() == ChangeRecord.objects.count() == 50
    copied.catch_up()
    assert len(copied.rows) == 50
    assert copied.rows == copied.truth()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_while_an_office_commits_it_uploads_the_next_file_and_its_people_sign_in(clerk: User, tmp_path: Path) -> None:
    batch = actions.check_batch(received(tmp_path, clerk, queue=False))
    actions.request_commit(batch=batch, mode="all", by=clerk)
    with process("-m", "tests.faults.hang_in_commit", str(batch.pk)) as committing, connection.cursor() as cursor:
        assert committing.stdout is not None
        assert committing.stdout.readline().strip() == "written"
        cursor.execute("SET lock_timeout = '2s'")
        received(tmp_path, clerk)
        User.objects.filter(pk=clerk.pk).update(last_login=timezone.now())
        cursor.execute("RESET lock_timeout")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_a_commit_of_facilities_does_not_wait_for_one_of_the_communities_that_they_stand_in(
    clerk: User, tmp_path: Path
) -> None:
    batch = actions.check_batch(received(tmp_path, clerk, queue=False))
    actions.request_commit(batch=batch, mode="all", by=clerk)
    context = CheckContext(clerk.division.path, clerk.division, batch.period.as_of, timezone.localdate())
    context.locking = True
    commit = f"import django; django.setup(); from uploads import actions; actions.commit_queued_batch({batch.pk})"
    with transaction.atomic(), process("-c", commit) as committing:
        assert list(context.lock(Community.objects.all()))
        committing.wait(timeout=30)
    assert state_of(batch) == State.COMMITTED


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_figures_that_are_committed_while_their_month_is_being_locked_do_not_get_into_it(
    clerk: User, administrator: User, tmp_path: Path
) -> None:
    period = make_period()
    file = write_workbook(tmp_path / "演示社区.xlsx", [community_row()])
    batch = actions.check_batch(
        actions.receive_file(
            file=[file.read_bytes()], file_name=file.name, register="communities", by=clerk, period=period, queue=False
        )
    )
    actions.request_commit(batch=batch, mode="all", by=clerk)
    commit = f"import django; django.setup(); from uploads import actions; actions.commit_queued_batch({batch.pk})"
    with process("-c", commit) as committing:
        with transaction.atomic():
            lock_period(period=period, by=administrator)
            wait_until(someone_waits, what="the commit reaching the month")
        committing.wait(timeout=30)
    assert state_of(batch) == State.CHECKED
    assert batch.problem_counts == {"locked_period": 1}
    assert not CommunityProfile.objects.exists()


def someone_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_batch_that_waits_while_no_worker_runs_is_taken_by_the_next_one(clerk: User, tmp_path: Path) -> None:
    batch = received(tmp_path, clerk)
    assert state_of(batch) == State.QUEUED
    with worker():
        wait_until(lambda: state_of(batch) == State.CHECKED, what="the check")
