"""Tests of undoing an upload."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.jobs import LEASE, MAX_ATTEMPTS
from communities.models import CommunityProfile, Facility, GovernanceBody
from notices.models import Notice
from socialworkers.models import Posting, SocialWorker
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import Place, make_facility
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.office import Send
from uploads import actions
from uploads.jobs import UNDO
from uploads.models import UploadBatch, UploadRow

pytestmark = pytest.mark.django_db
Outcome = UploadRow.UndoOutcome


def undo(answer: dict[str, object], by: User) -> UploadBatch:
    batch = UploadBatch.objects.get(pk=answer["batch"])
    actions.request_undo(batch=batch, by=by, queue=False)
    batch.refresh_from_db()
    batch = actions.undo_batch(batch)
    assert batch.state == UploadBatch.State.UNDONE, batch.message
    return batch


def outcomes(batch: UploadBatch) -> list[str]:
    return list(batch.staged_rows.order_by("position").values_list("undo_outcome", flat=True))


def test_what_was_added_is_gone_and_what_was_changed_is_as_before(send: Send, clerk: User) -> None:
    send("facilities", clerk, [facility_row()], commit="all")
    before = Facility.objects.values().get()
    second = send(
        "facilities", clerk, [facility_row(**{"建筑面积（㎡）": "900"}), facility_row("东关社区")], commit="all"
    )
    batch = undo(second, clerk)
    assert outcomes(batch) == [Outcome.REVERSED, Outcome.REVERSED]
    after = Facility.objects.values().get()
    assert after | {"version": 0} == before | {"version": 0}
    reversal = ChangeSet.objects.get(reverses__batch=batch)
    assert {record.kind for record in reversal.records.all()} == {"removed", "updated"}


def test_a_row_edited_since_is_kept_and_says_by_whom(send: Send, clerk: User) -> None:
    first = send("facilities", clerk, [facility_row(), facility_row("东关社区")], commit="all")
    send("facilities", clerk, [facility_row(**{"建筑面积（㎡）": "900"})], commit="all")
    batch = undo(first, clerk)
    assert outcomes(batch) == [Outcome.KEPT, Outcome.REVERSED]
    assert str(clerk) in batch.staged_rows.get(position=1).undo_note
    assert str(Facility.objects.get().area) == "900.00"


def test_an_edit_that_was_itself_taken_back_no_longer_keeps_the_row(send: Send, clerk: User) -> None:
    first = send("facilities", clerk, [facility_row()], commit="all")
    second = send("facilities", clerk, [facility_row(**{"建筑面积（㎡）": "900"})], commit="all")
    undo(second, clerk)
    assert outcomes(undo(first, clerk)) == [Outcome.REVERSED]
    assert not Facility.objects.exists()


def test_a_transfer_taken_back_opens_the_old_posting_again(send: Send, clerk: User, place: Place) -> None:
    send("workers", clerk, [worker_row("和平社区")], commit="all")
    moved = send("workers", clerk, [worker_row("东关社区", 到岗日期="2018-03-01")], commit="all")
    undo(moved, clerk)
    posting = Posting.objects.get()
    assert (posting.community, posting.ended_on, posting.is_newest) == (place.communities[0], None, True)


def test_the_office_that_was_told_of_a_transfer_is_told_when_it_is_taken_back(
    send: Send, clerk: User, other_clerk: User
) -> None:
    send("workers", clerk, [worker_row("和平社区")], commit="all")
    elsewhere = {"县（市、区）": "襄垣县", "街道（乡镇）": "古韩镇", "到岗日期": "2018-05-01"}
    undo(send("workers", other_clerk, [worker_row("西垴头村", **elsewhere)], commit="all"), other_clerk)
    notices = Notice.objects.order_by("pk")
    assert [(notice.user, notice.title) for notice in notices] == [
        (clerk, "有1名社会工作者已在其他单位到岗"),
        (clerk, "其他单位撤销了社会工作者的到岗登记"),
    ]
    assert "襄垣" not in notices[1].text


def test_a_worker_who_has_been_posted_elsewhere_since_is_not_removed(send: Send, clerk: User) -> None:
    first = send("workers", clerk, [worker_row("和平社区")], commit="all")
    send("workers", clerk, [worker_row("东关社区", 到岗日期="2018-03-01")], commit="all")
    batch = undo(first, clerk)
    assert outcomes(batch) == [Outcome.KEPT]
    assert SocialWorker.objects.count() == 1 and Posting.objects.count() == 2


def test_communities_lose_the_figures_the_upload_gave_them(send: Send, clerk: User) -> None:
    answer = send("communities", clerk, [community_row()], period="2018-06", commit="all")
    undo(answer, clerk)
    assert not CommunityProfile.objects.exists() and not GovernanceBody.objects.exists()


def test_a_name_that_another_record_has_taken_since_keeps_its_own_row_alone_from_being_taken_back(
    send: Send, clerk: User, place: Place
) -> None:
    facility = make_facility(place.communities[0], "旧名称", area="300")
    renamed = facility_row() | {"记录编号": facility.ref, "设施名称": "新名称"}
    second = send("facilities", clerk, [renamed, facility_row("东关社区"), facility_row("下东社区")], commit="all")
    send("facilities", clerk, [facility_row() | {"设施名称": "旧名称"}], commit="all")
    batch = undo(second, clerk)
    assert outcomes(batch) == [Outcome.FAILED, Outcome.REVERSED, Outcome.REVERSED]
    assert (batch.undo_reversed, batch.undo_failed) == (2, 1)
    assert "同名" in batch.staged_rows.get(position=1).undo_note
    assert sorted(Facility.objects.values_list("name", flat=True)) == ["新名称", "旧名称"]
    reversal = ChangeSet.objects.get(reverses__batch=batch)
    assert sorted(reversal.records.values_list("batch_row", flat=True)) == [2, 3]


def test_a_row_that_could_not_be_taken_back_is_still_an_edit_to_an_earlier_upload(
    send: Send, clerk: User, place: Place
) -> None:
    first = send("facilities", clerk, [facility_row() | {"设施名称": "旧名称"}], commit="all")
    renamed = facility_row() | {"记录编号": Facility.objects.get().ref, "设施名称": "新名称"}
    second = send("facilities", clerk, [renamed, facility_row("东关社区")], commit="all")
    send("facilities", clerk, [facility_row() | {"设施名称": "旧名称"}], commit="all")
    assert outcomes(undo(second, clerk)) == [Outcome.FAILED, Outcome.REVERSED]
    assert outcomes(undo(first, clerk)) == [Outcome.KEPT]
    assert sorted(Facility.objects.values_list("name", flat=True)) == ["新名称", "旧名称"]


def test_an_undoing_that_is_given_up_leaves_the_batch_committed_and_says_so(
    send: Send, clerk: User, signed_in: Callable[[User], Client]
) -> None:
    answer = send("facilities", clerk, [facility_row()], commit="all")
    batch = UploadBatch.objects.get(pk=answer["batch"])
    actions.request_undo(batch=batch, by=clerk)
    UploadBatch.objects.filter(pk=batch.pk).update(
        state=UploadBatch.State.UNDOING, attempts=MAX_ATTEMPTS, heartbeat_at=timezone.now() - LEASE * 2
    )
    UNDO.put_back()
    page = signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert "没有写入任何数据" not in page and "仍是已入库" in page
    assert "alert-warning" in page and "alert-success" not in page, (
        "it went wrong, and must not look as if all were well"
    )
    assert Facility.objects.exists()
    undo(answer, clerk)
    assert not Facility.objects.exists()


def test_undoing_is_recorded_and_happens_once(send: Send, clerk: User) -> None:
    answer = send("facilities", clerk, [facility_row()], commit="all")
    undo(answer, clerk)
    actions.undo_queued_batch(int(str(answer["batch"])))
    assert ChangeRecord.objects.filter(kind="removed").count() == 1
    assert ChangeSet.objects.filter(made_at__date=datetime.date.today()).count() <= 2
