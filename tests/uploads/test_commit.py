"""Tests of commits: one transaction, with its log, within the office's own scope."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions import apply_division_changes
from accounts.models import User
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.jobs import MAX_ATTEMPTS
from changzhi_portal.refusals import NotAllowedError, StaleError
from communities.models import Division, Facility
from periods.models import ReportingPeriod
from tests.communities.changes import change
from tests.communities.test_sheets import facility_row
from tests.factories import Place, make_facility, make_period
from tests.uploads.office import Send
from tests.uploads.workbooks import make_ods
from uploads import actions, storage
from uploads.actions import commit_writer
from uploads.jobs import COMMIT
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db
State = UploadBatch.State


def checked(send: Send, user: User, rows: list[dict[str, object]]) -> UploadBatch:
    return UploadBatch.objects.get(pk=send("facilities", user, rows)["batch"])


def test_a_commit_leaves_one_change_set_that_names_its_upload(send: Send, clerk: User, place: Place) -> None:
    answer = send("facilities", clerk, [facility_row(), facility_row("东关社区")], commit="all")
    change_set = ChangeSet.objects.get()
    assert (change_set.batch_id, change_set.made_by, change_set.division) == (answer["batch"], clerk, place.county)
    records = ChangeRecord.objects.filter(change_set=change_set)
    assert [record.kind for record in records] == ["created", "created"]
    assert {record.division for record in records} == {place.street}
    assert records[0].after["area"] == "520.00"


def test_the_log_names_who_confirmed_a_batch_not_who_uploaded_it(
    send: Send, clerk: User, officer: User, signed_in: Callable[[User], Client]
) -> None:
    batch = checked(send, clerk, [facility_row()])
    actions.request_commit(batch=batch, mode="all", by=officer, queue=False)
    batch.refresh_from_db()
    actions.commit_batch(batch)
    assert ChangeSet.objects.get().made_by == officer
    assert f"{officer}确认" in signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref])).content.decode()


def test_a_batch_checked_before_the_map_changed_is_committed_for_the_successor(
    send: Send, clerk: User, administrator: User, place: Place
) -> None:
    batch = checked(send, clerk, [facility_row()])
    change("merge", place.county, "140403", "潞州区")
    apply_division_changes(by=administrator)
    clerk.refresh_from_db()
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    batch = actions.commit_batch(UploadBatch.objects.select_related("division").get(pk=batch.pk))
    assert (batch.state, batch.division.name) == (State.COMMITTED, "潞州区")
    assert Facility.objects.get().community == place.communities[0]


def test_a_month_in_the_title_that_has_not_begun_is_not_opened_for_everybody(send: Send, clerk: User) -> None:
    answer = send("facilities", clerk, [facility_row()], title="城区社区服务设施登记表（2081年6月）")
    batch = UploadBatch.objects.get(pk=answer["batch"])
    assert batch.period is not None and batch.period.month == timezone.localdate().replace(day=1)
    assert not ReportingPeriod.objects.filter(month__year=2081).exists()


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "leader"}, {"division": "140423"}])
def test_a_batch_confirmed_by_somebody_who_may_not_any_more_is_not_committed(
    change: dict[str, Any], send: Send, clerk: User
) -> None:
    batch = checked(send, clerk, [facility_row()])
    actions.request_commit(batch=batch, mode="all", by=clerk)
    if "division" in change:
        change = {"division": Division.objects.by_code(change["division"])}
    User.objects.filter(pk=clerk.pk).update(**change)
    actions.commit_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, Facility.objects.count()) == (State.CHECKED, 0)
    assert "请由现在的填报员重新确认" in batch.message


def test_what_changed_meanwhile_is_compared_again_and_shown_before_it_is_committed(
    send: Send, clerk: User, place: Place
) -> None:
    batch = checked(send, clerk, [facility_row()])
    assert batch.new == 1
    make_facility(place.communities[0], "党群服务中心", area="300")
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    batch = actions.commit_batch(batch)
    assert (batch.state, batch.new, batch.changed) == (State.CHECKED, 0, 1)
    assert str(Facility.objects.get().area) == "300.00"
    assert "会成为修改" in batch.message
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    batch = actions.commit_batch(batch)
    assert (batch.state, batch.new, batch.changed) == (State.COMMITTED, 0, 1)
    assert str(Facility.objects.get().area) == "520.00"


def test_a_row_that_turned_bad_stops_the_commit_and_is_shown(send: Send, clerk: User, place: Place) -> None:
    batch = checked(send, clerk, [facility_row(), facility_row("东关社区")])
    community = place.communities[0]
    type(community).objects.filter(pk=community.pk).update(closed_on=datetime.date(2018, 6, 1))
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    batch = actions.commit_batch(batch)
    assert (batch.state, batch.errors, Facility.objects.count()) == (State.CHECKED, 1, 0)
    assert "变动" in batch.message


def test_nobody_commits_another_offices_batch(send: Send, clerk: User, other_clerk: User) -> None:
    batch = checked(send, clerk, [facility_row()])
    with pytest.raises(NotAllowedError):
        actions.request_commit(batch=batch, mode="all", by=other_clerk, queue=False)
    batch.refresh_from_db()
    assert batch.state == State.CHECKED


def test_a_batch_with_errors_is_not_committed_whole(send: Send, clerk: User) -> None:
    batch = checked(send, clerk, [facility_row(), facility_row("没有的社区")])
    with pytest.raises(StaleError):
        actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    assert Facility.objects.count() == 0


def test_a_second_worker_that_gets_the_same_message_does_nothing(send: Send, clerk: User) -> None:
    batch = checked(send, clerk, [facility_row()])
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    actions.commit_batch(batch)
    actions.commit_queued_batch(batch.pk)
    actions.check_queued_batch(batch.pk)
    assert Facility.objects.count() == ChangeSet.objects.count() == 1


def test_a_batch_whose_worker_died_is_put_back_and_given_up_in_the_end(send: Send, clerk: User) -> None:
    batch = checked(send, clerk, [facility_row()])
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    long_ago = timezone.now() - datetime.timedelta(minutes=5)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        UploadBatch.objects.filter(pk=batch.pk).update(heartbeat_at=long_ago, state=State.COMMITTING, attempts=attempt)
        COMMIT.put_back()
        batch.refresh_from_db()
        assert batch.state == (State.FAILED if attempt == MAX_ATTEMPTS else State.COMMIT_QUEUED)
    assert Facility.objects.count() == 0


def test_a_leader_uploads_nothing(send: Send, leader: User) -> None:
    assert send("facilities", leader, [facility_row()])["status"] == 3
    assert not UploadBatch.objects.exists()


def test_the_command_refuses_a_file_that_is_too_large_in_the_same_words_as_any_other(
    send: Send, clerk: User, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 1_000
    answer = send("facilities", clerk, [facility_row()])
    assert (answer["status"], answer["state"], answer["rows"]) == (2, "rejected", 0)
    assert [problem["code"] for problem in answer["problems"]] == ["too_large"]
    assert not UploadBatch.objects.exists()


def test_the_original_is_kept_encrypted(send: Send, clerk: User, settings: object) -> None:
    batch = checked(send, clerk, [facility_row()])
    stored = (settings.MEDIA_ROOT / batch.stored_as).read_bytes()  # type: ignore[attr-defined]
    assert stored[:2] != b"PK"


def test_a_large_file_is_written_slice_by_slice_in_one_change_set(
    send: Send, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_writer, "ROWS_AT_ONCE", 2)
    rows = [facility_row() | {"设施名称": f"设施{number}"} for number in range(5)]
    answer = send("facilities", clerk, rows, commit="all")
    assert (answer["state"], answer["new"], Facility.objects.count()) == ("committed", 5, 5)
    assert ChangeSet.objects.count() == 1
    assert sorted(ChangeRecord.objects.values_list("batch_row", flat=True)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("mode", "written"), [("all", 0), ("good", 2)])
def test_a_bad_row_of_a_later_slice_undoes_the_earlier_ones_or_stays_out(
    mode: str, written: int, send: Send, clerk: User, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_writer, "ROWS_AT_ONCE", 2)
    rows = [facility_row(), facility_row() | {"设施名称": "老年活动室"}, facility_row("东关社区")]
    batch = checked(send, clerk, rows)
    closed = place.communities[1]
    assert closed.name.startswith("东关")
    type(closed).objects.filter(pk=closed.pk).update(closed_on=datetime.date(2018, 6, 1))
    actions.request_commit(batch=batch, mode=mode, by=clerk, queue=False)
    actions.commit_batch(batch)
    assert Facility.objects.count() == written


def test_rows_of_two_slices_that_have_become_one_record_are_not_both_written(
    send: Send, clerk: User, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_writer, "ROWS_AT_ONCE", 1)
    facility = make_facility(place.communities[0], "老名称", area="300")
    renamed = facility_row() | {"记录编号": facility.ref, "设施名称": "新名称"}
    batch = checked(send, clerk, [renamed, facility_row() | {"设施名称": "新名称"}])
    actions.request_commit(batch=batch, mode="good", by=clerk, queue=False)
    batch = actions.commit_batch(batch)
    assert [record.name for record in Facility.objects.all()] == ["新名称"]
    assert (batch.changed, batch.new) == (1, 0)


def test_an_upload_that_the_disk_does_not_take_says_so_and_leaves_nothing(
    clerk: User, signed_in: Callable[[User], Client], settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "full"
    settings.MEDIA_ROOT.write_text("no folder can be made where a file stands")
    file = SimpleUploadedFile("演示设施.csv", "社区名称,设施名称".encode())
    answer = signed_in(clerk).post(reverse("uploads:new"), {"register": "facilities", "file": file})
    assert answer.status_code == 503
    assert "服务器暂时存不下文件" in answer.content.decode()
    assert not UploadBatch.objects.exists()


def test_a_worker_that_is_killed_leaves_no_plain_copy_of_the_file_behind(send: Send, clerk: User) -> None:
    batch = checked(send, clerk, [facility_row()])
    with storage.original_as_file(batch) as path:
        assert storage.sha256_of(path.read_bytes()) == batch.sha256
        assert not path.resolve().exists(), "only in memory"


def test_a_nul_in_a_text_and_an_endless_sheet_name_are_read(clerk: User, tmp_path: Path) -> None:
    text = "社区名称,设施名称,设施类型,建筑面积（㎡）,启用日期\n和平社区,活动\0室,综合服务设施,约5\0,2016/05/01"
    padding = "\n" * 70_000  # more than the part that decides whether the file is text
    batch = received(clerk, text.replace("\n", padding, 1).encode(), "演示设施.csv")
    assert (batch.state, batch.new, batch.warnings) == ("checked", 1, 1)
    header, *row = ([*line.split(",")] for line in text.replace("\0", "").split("\n"))
    path = make_ods(tmp_path / "a.ods", {"设施" * 80: [header, *row]})
    batch = received(clerk, path.read_bytes(), path.name)
    assert (batch.state, batch.new, len(batch.staged_rows.get().sheet)) == ("checked", 1, 100)


def received(user: User, data: bytes, name: str) -> UploadBatch:
    batch = actions.receive_file(
        file=[data], file_name=name, register="facilities", by=user, period=make_period(), queue=False
    )
    return actions.check_batch(batch)
