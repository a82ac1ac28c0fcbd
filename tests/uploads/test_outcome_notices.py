"""Tests of the notices to a batch's uploader at the end of its work."""

from __future__ import annotations

import datetime

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from changzhi_portal.jobs import LEASE, MAX_ATTEMPTS
from notices.actions import send_waiting_mail
from notices.models import Notice
from tests.communities.test_sheets import facility_row
from tests.uploads.office import write_workbook
from uploads import actions
from uploads.actions import check
from uploads.jobs import CHECK, UNDO
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db
State = UploadBatch.State


@pytest.fixture
def receive(tmp_path, clerk, period):
    """Return a function that receives a file with these rows for the clerk, as the page does, and returns the batch."""

    def receive_rows(rows, name="演示设施.xlsx"):
        data = write_workbook(tmp_path / name, rows).read_bytes()
        return actions.receive_file(file=[data], file_name=name, register="facilities", by=clerk, period=period)

    return receive_rows


@pytest.fixture
def checked(receive):
    """Return a function that receives a file, checks it as the worker does, and returns the batch."""

    def receive_and_check(rows):
        batch = receive(rows)
        actions.check_queued_batch(batch.pk)
        batch.refresh_from_db()
        return batch

    return receive_and_check


def newest() -> Notice:
    return Notice.objects.newest_first()[0]


def titles() -> list[str]:
    return list(Notice.objects.order_by("pk").values_list("title", flat=True))


def test_an_upload_is_followed_from_its_check_to_its_undoing(checked, receive, clerk):
    batch = checked([facility_row()])
    assert newest().text == "演示设施.xlsx：共1行，新增1行，修改0行，未变0行，有错误0行。"
    actions.request_commit(batch=batch, mode="all", by=clerk)
    assert len(titles()) == 1, "nothing to say while it is at work"
    actions.commit_queued_batch(batch.pk)
    assert newest().text == "演示设施.xlsx：新增1行，修改0行，未变0行。"
    actions.request_undo(batch=batch, by=clerk)
    actions.undo_queued_batch(batch.pk)
    assert titles() == ["服务设施检查完了，请确认入库", "服务设施已入库", "服务设施的入库已撤销"]
    address = reverse("uploads:batch", args=[batch.ref])
    assert {(notice.user, notice.url, notice.about) for notice in Notice.objects.all()} == {(clerk, address, batch.ref)}


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([facility_row(**{"设施类型": "车库"})], "服务设施检查完了，有1行错误"),
        ([{"没有": "1", "这样的": "2", "列": "3"}], "服务设施的文件不能用，请看原因"),
        (
            [facility_row() | {"面积（甲）": "1", "面积（乙）": "2", "建筑面积（㎡）": ""}],
            "服务设施的文件要对应列，请打开选定",
        ),
    ],
)
def test_a_file_with_errors_and_a_refused_one_are_told_apart(rows, title, checked):
    checked(rows)
    assert titles() == [title]


def test_a_file_that_says_what_the_register_says_needs_no_commit(checked, clerk):
    batch = checked([facility_row()])
    actions.request_commit(batch=batch, mode="all", by=clerk)
    actions.commit_queued_batch(batch.pk)
    checked([facility_row()])
    assert newest().title == "服务设施检查完了，与登记表一致，不用确认"
    assert "已算报过" in newest().text


def test_who_waited_for_the_answer_is_not_told_it_again(send, clerk, receive):
    send("facilities", clerk, [facility_row()], commit="all")
    batch = UploadBatch.objects.get()
    actions.request_undo(batch=batch, by=clerk, queue=False)
    batch.refresh_from_db()
    actions.undo_batch(batch)
    other = UploadBatch.objects.get(pk=send("facilities", clerk, [facility_row()])["batch"])
    actions.correct_row(batch=other, position=1, texts={"area": "900"}, by=clerk)
    assert titles() == []


def test_the_uploader_is_told_what_a_colleague_has_done(checked, clerk, officer):
    batch = checked([facility_row()])
    actions.request_commit(batch=batch, mode="all", by=officer)
    actions.commit_queued_batch(batch.pk)
    assert newest().user == clerk
    assert newest().text.endswith(f"办理人：{officer}。")


def test_a_commit_that_did_not_come_about_says_why(checked, clerk):
    batch = checked([facility_row()])
    actions.request_commit(batch=batch, mode="all", by=clerk)
    User.objects.filter(pk=clerk.pk).update(role="leader")
    actions.commit_queued_batch(batch.pk)
    assert newest().title == "服务设施没有入库，请看原因"
    assert "请由现在的填报员重新确认" in newest().text


def test_a_commit_that_has_become_a_check_says_why(checked, clerk, place):
    batch = checked([facility_row()])
    type(place.communities[0]).objects.update(closed_on=datetime.date(2018, 6, 1))
    actions.request_commit(batch=batch, mode="all", by=clerk)
    actions.commit_queued_batch(batch.pk)
    assert newest().title == "服务设施没有入库，请看原因"
    assert "检查之后登记表有变动" in newest().text


@pytest.mark.parametrize(
    ("kind", "title", "ends"),
    [
        (CHECK, "服务设施处理出错，没有写入数据", State.FAILED),
        (UNDO, "服务设施的入库没有撤销成", State.COMMITTED),
    ],
)
def test_work_that_is_given_up_is_told(kind, title, ends, receive, clerk):
    batch = receive([facility_row()])
    UploadBatch.objects.filter(pk=batch.pk).update(
        state=kind.running,
        attempts=MAX_ATTEMPTS,
        heartbeat_at=timezone.now() - LEASE * 2,
        committed_at=timezone.now() if kind is UNDO else None,
        undone_by=clerk if kind is UNDO else None,
    )
    kind.put_back()
    batch.refresh_from_db()
    assert (batch.state, titles()) == (ends, [title])


def test_a_check_that_fails_in_the_worker_is_told_once(receive, monkeypatch):
    def fail(*_):
        raise RuntimeError("演示故障")

    monkeypatch.setattr(check, "reusable_batch", fail)
    batch = receive([facility_row()])
    actions.check_queued_batch(batch.pk)
    assert (UploadBatch.objects.get().state, titles()) == (State.FAILED, ["服务设施处理出错，没有写入数据"])


def test_no_email_is_sent_about_an_upload(checked, clerk):
    User.objects.filter(pk=clerk.pk).update(email="clerk@example.invalid")
    checked([facility_row()])
    assert newest().mail == Notice.Mail.PORTAL
    assert send_waiting_mail() == 0 and not mail.outbox


def test_looking_at_the_batch_marks_the_notices_about_it(checked, clerk, officer, signed_in):
    batch = checked([facility_row()])
    address = reverse("uploads:batch", args=[batch.ref])
    seen = f'hx-post="{reverse("notices:seen")}"'
    assert seen not in signed_in(officer).get(address).content.decode(), "another's look is not the uploader's"
    browser = signed_in(clerk)
    assert seen in browser.get(address).content.decode()
    assert Notice.objects.unseen().exists(), "a GET writes nothing"
    browser.post(reverse("notices:seen"), {"about": batch.ref}, HTTP_HX_REQUEST="true")
    assert not Notice.objects.unseen().exists()
    assert seen not in browser.get(address).content.decode()
