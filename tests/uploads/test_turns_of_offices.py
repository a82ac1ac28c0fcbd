"""Tests of whose turn it is: the many files of one office delay another office's by at most one file."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from django.utils import timezone
from structlog.contextvars import bound_contextvars, get_contextvars

from accounts.models import Role, User
from tests.communities.test_sheets import facility_row
from tests.factories import Place, make_batch, make_period, make_user
from tests.uploads.office import write_workbook
from uploads import actions, tasks
from uploads.jobs import CHECK
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db
State = UploadBatch.State


@pytest.fixture
def worked_on(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the keys of the batches that workers have taken, in this order; their work goes on."""
    keys: list[int] = []
    for module in ("check", "commit", "undo"):
        monkeypatch.setattr(f"uploads.actions.{module}.work_on", lambda claim, work: keys.append(claim.key))
    return keys


def waiting(user: User, *, minutes: int = 0, **values: object) -> UploadBatch:
    """Return a batch of the user's office that has waited for so many minutes."""
    since = timezone.now() - datetime.timedelta(minutes=minutes)
    return make_batch(user, **{**CHECK.queued(), "queued_at": since, **values})


def end(key: int) -> None:
    UploadBatch.objects.filter(pk=key).update(state=State.CHECKED)


def test_a_file_is_checked_after_one_of_the_twenty_that_came_before_it(
    clerk: User, other_clerk: User, worked_on: list[int]
) -> None:
    many = [waiting(clerk, minutes=30 - number) for number in range(20)]
    one = waiting(other_clerk)
    for message in (*many, one):
        tasks.check_batch(message.pk)
        end(worked_on[-1])
    assert worked_on == [many[0].pk, one.pk, *(batch.pk for batch in many[1:])]


def test_a_second_worker_goes_to_another_office(clerk: User, other_clerk: User, worked_on: list[int]) -> None:
    many = [waiting(clerk, minutes=30 - number) for number in range(3)]
    one = waiting(other_clerk)
    for message in many:
        tasks.check_batch(message.pk)  # none of them ends
    assert worked_on == [many[0].pk, one.pk, many[1].pk]


def test_offices_take_turns_by_who_was_served_longest_ago(
    clerk: User, other_clerk: User, place: Place, worked_on: list[int]
) -> None:
    third = make_user(Role.STREET_CLERK, place.street)
    batches = {user.pk: [waiting(user, minutes=9 - number) for number in range(2)] for user in (clerk, third)}
    for _ in range(2):
        tasks.check_batch(batches[clerk.pk][0].pk)
        end(worked_on[-1])
    late = waiting(other_clerk)
    for _ in range(3):
        tasks.check_batch(late.pk)
        end(worked_on[-1])
    assert worked_on == [
        batches[clerk.pk][0].pk,
        batches[third.pk][0].pk,
        late.pk,
        batches[clerk.pk][1].pk,
        batches[third.pk][1].pk,
    ]


@pytest.mark.parametrize("state", [State.COMMIT_QUEUED, State.UNDO_QUEUED])
def test_a_commit_or_an_undo_does_not_wait_for_the_files_of_another_office(
    state: str, clerk: User, other_clerk: User, worked_on: list[int]
) -> None:
    many = [waiting(clerk, minutes=30 - number) for number in range(3)]
    written = {"committed_at": timezone.now()} if state == State.UNDO_QUEUED else {}
    one = waiting(other_clerk, state=state, **written)
    for message in many[:2]:
        tasks.check_batch(message.pk)
    assert worked_on == [many[0].pk, one.pk]
    one.refresh_from_db()
    assert one.state in {State.COMMITTING, State.UNDOING}


def test_a_worker_that_was_second_takes_the_next_batch(
    clerk: User, worked_on: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = waiting(clerk, minutes=2), waiting(clerk, minutes=1)
    claim = CHECK.claim

    def overtaken(key: int, **values: object) -> object:
        if not UploadBatch.objects.filter(state=State.CHECKING).exists():
            claim(key)
        return claim(key, **values)

    monkeypatch.setattr(type(CHECK), "claim", lambda kind, key, **values: overtaken(key, **values))
    tasks.check_batch(first.pk)
    assert worked_on == [second.pk]


def test_a_worker_takes_no_batch_that_its_command_checks_itself_unless_it_was_left_behind(
    clerk: User, worked_on: list[int]
) -> None:
    of_command = waiting(clerk, minutes=5, notifies_uploader=False)
    tasks.check_batch(waiting(clerk).pk)
    tasks.check_batch(0)
    assert len(worked_on) == 1
    assert of_command.pk not in worked_on
    tasks.check_batch(of_command.pk)  # beat's message, after the command has died
    assert worked_on[-1] == of_command.pk


def test_every_message_leads_to_a_batch_until_all_are_checked(
    clerk: User, other_clerk: User, place: Place, tmp_path: Path
) -> None:
    make_period()
    offices = {clerk: "太行西街社区", other_clerk: "新建街社区"}
    sent = []
    for user, community in offices.items():
        for number in range(3 if user == clerk else 1):
            rows = [facility_row(设施名称=f"活动室{number}", 社区名称=community)]
            file = write_workbook(tmp_path / f"演示设施{number}.xlsx", rows)
            sent.append(
                actions.receive_file(file=[file.read_bytes()], file_name=file.name, register="facilities", by=user)
            )
    for batch in sent:
        tasks.check_batch(batch.pk)
    assert not UploadBatch.objects.filter(state__in=UploadBatch.IN_PROGRESS).exists()
    order = UploadBatch.objects.order_by("taken_at").values_list("uploaded_by", flat=True)
    assert list(order) == [clerk.pk, other_clerk.pk, clerk.pk, clerk.pk]


def test_log_lines_name_the_batch_in_work_and_not_the_one_that_woke_the_worker(
    clerk: User, other_clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = []
    monkeypatch.setattr(
        "uploads.actions.check.work_on", lambda claim, work: named.append(get_contextvars()["batch_id"])
    )
    earlier, waking = waiting(clerk, minutes=9), waiting(other_clerk)
    with bound_contextvars(batch_id=waking.pk):
        tasks.check_batch(waking.pk)
        assert get_contextvars()["batch_id"] == waking.pk
    assert named == [earlier.pk]
