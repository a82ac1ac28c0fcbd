"""Uploads through a real worker, and workers that are killed."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from changelog.models import ChangeRecord
from communities.models import Facility
from tests.communities.test_sheets import facility_row
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
    clerk: User, tmp_path: Path
) -> None:
    batch = actions.check_batch(received(tmp_path, clerk, queue=False))
    actions.request_commit(batch=batch, mode="all", by=clerk)
    with process("-m", "tests.faults.hang_in_commit", str(batch.pk)) as dying:
        assert dying.stdout is not None
        assert dying.stdout.readline().strip() == "written"
        dying.kill()
        dying.wait(timeout=30)
    assert state_of(batch) == State.COMMITTING
    assert Facility.objects.count() == ChangeRecord.objects.count() == 0

    UploadBatch.objects.filter(pk=batch.pk).update(heartbeat_at=timezone.now() - datetime.timedelta(minutes=2))
    actions.put_back_stalled_batches()
    assert state_of(batch) == State.COMMIT_QUEUED
    with worker():
        wait_until(lambda: state_of(batch) == State.COMMITTED, what="the second try")
    assert Facility.objects.count() == ChangeRecord.objects.count() == 50


def test_a_batch_that_waits_while_no_worker_runs_is_taken_by_the_next_one(clerk: User, tmp_path: Path) -> None:
    batch = received(tmp_path, clerk)
    assert state_of(batch) == State.QUEUED
    with worker():
        wait_until(lambda: state_of(batch) == State.CHECKED, what="the check")
