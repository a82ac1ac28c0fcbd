"""Tests of discarding a batch: its file and its rows go, the record of it stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from changzhi_portal.refusals import NotAllowedError, StaleError
from communities.models import Facility
from notices.models import Notice
from tests.communities.test_sheets import facility_row
from tests.factories import make_batch
from tests.queries import queries_of
from tests.socialworkers.test_sheets import NUMBER
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.office import Send
from uploads import actions, storage
from uploads.models import UploadBatch, UploadRow

pytestmark = pytest.mark.django_db
State = UploadBatch.State
SignedIn = Callable[[User], Client]


def sent(
    send: Send, user: User, rows: list[dict[str, Any]], register: str = "facilities", **options: Any
) -> UploadBatch:
    return UploadBatch.objects.get(pk=send(register, user, rows, period="2018-06", **options)["batch"])


def original(batch: UploadBatch) -> Path:
    return Path(settings.MEDIA_ROOT) / batch.stored_as


def discard(batch: UploadBatch, by: User) -> UploadBatch:
    actions.discard_batch(batch=batch, by=by)
    batch.refresh_from_db()
    return batch


def test_file_rows_and_corrections_go_and_the_record_of_the_batch_stays(
    send: Send, clerk: User, django_capture_on_commit_callbacks: Any
) -> None:
    batch = sent(send, clerk, [worker_row("和平社区", 身份证号="1"), worker_row("没有的社区")], "workers")
    actions.correct_row(batch=batch, position=1, texts={"id_number": NUMBER}, by=clerk)
    batch.refresh_from_db()
    path, before = (
        original(batch),
        {name: getattr(batch, name) for name in (*UploadBatch.COUNTERS, "file_name", "sha256")},
    )
    assert path.exists() and batch.corrections and batch.mapping
    with django_capture_on_commit_callbacks(execute=True):
        batch = discard(batch, clerk)
    assert not path.exists() and batch.stored_as == ""
    assert not batch.staged_rows.exists()
    assert (batch.corrections, batch.mapping, batch.problems, batch.growth, batch.message) == ([], [], [], [], "")
    assert {name: getattr(batch, name) for name in before} == before
    assert (batch.state, batch.discarded_by, batch.period.code) == (State.DISCARDED, clerk, "2018-06")
    assert batch.discarded_at is not None


def test_a_discarding_that_is_rolled_back_leaves_the_file(
    send: Send, clerk: User, django_capture_on_commit_callbacks: Any
) -> None:
    batch = sent(send, clerk, [facility_row()])
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.discard_batch(batch=batch, by=clerk)
        raise ZeroDivisionError
    batch.refresh_from_db()
    assert batch.state == State.CHECKED and original(batch).exists() and batch.staged_rows.count() == 1


def test_a_disk_that_keeps_the_file_is_logged_and_the_batch_is_discarded(
    send: Send, clerk: User, monkeypatch: pytest.MonkeyPatch, caplog: Any, django_capture_on_commit_callbacks: Any
) -> None:
    batch = sent(send, clerk, [facility_row()])
    name = batch.stored_as

    def refuse(name: str) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(storage, "forget_original", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        batch = discard(batch, clerk)
    assert batch.state == State.DISCARDED
    assert name in caplog.text and "cannot be deleted" in caplog.text


@pytest.mark.parametrize("state", [State.CHECKED, State.REJECTED, State.FAILED])
def test_what_waits_for_a_decision_may_be_discarded(state: str, clerk: User) -> None:
    assert discard(make_batch(clerk, state=state), clerk).state == State.DISCARDED


@pytest.mark.parametrize("state", sorted(set(State.values) - {State.CHECKED, State.REJECTED, State.FAILED}))
def test_what_is_being_worked_on_or_decided_is_not_discarded(state: str, clerk: User, signed_in: SignedIn) -> None:
    now = timezone.now()
    batch = make_batch(
        clerk, state=state, heartbeat_at=now, committed_at=now if state in {"committed", "undone"} else None,
        discarded_by=clerk, discarded_at=now,
    )  # fmt: skip
    with pytest.raises(StaleError):
        actions.discard_batch(batch=batch, by=clerk)
    browser, address = signed_in(clerk), reverse("uploads:discard", args=[batch.ref])
    assert browser.get(address)["Location"] == reverse("uploads:batch", args=[batch.ref])
    answer = browser.post(address)
    assert answer.status_code == 409 and "<form" not in answer.content.decode().split("<main")[1]
    batch.refresh_from_db()
    assert batch.state == state


def test_only_who_may_handle_it_discards_it(
    send: Send, clerk: User, other_clerk: User, leader: User, auditor: User, officer: User, signed_in: SignedIn
) -> None:
    batch = sent(send, clerk, [facility_row()])
    address = reverse("uploads:discard", args=[batch.ref])
    for user, status in ((other_clerk, 404), (leader, 403), (auditor, 403)):
        with pytest.raises(NotAllowedError):
            actions.discard_batch(batch=batch, by=user)
        assert signed_in(user).post(address).status_code == status
    batch.refresh_from_db()
    assert batch.state == State.CHECKED and batch.staged_rows.exists()
    assert discard(batch, officer).discarded_by == officer, "the bureau handles batches of its counties"


def test_the_page_asks_first_and_says_afterwards_who_did_it(send: Send, clerk: User, signed_in: SignedIn) -> None:
    batch = sent(send, clerk, [facility_row(**{"建筑面积（㎡）": "五百多"})])
    browser = signed_in(clerk)
    page, address = reverse("uploads:batch", args=[batch.ref]), reverse("uploads:discard", args=[batch.ref])
    assert address in browser.get(page).content.decode()
    asked = browser.get(address).content.decode()
    assert "不能恢复" in asked and batch.file_name in asked
    batch.refresh_from_db()
    assert batch.state == State.CHECKED, "looking discards nothing"
    done = " ".join(browser.post(address, follow=True).content.decode().split())
    assert f"由{clerk}于" in done and "放弃，原文件和逐行结果已删除" in done
    assert address not in done and "五百多" not in done
    assert reverse("uploads:original", args=[batch.ref]) not in done
    assert reverse("uploads:annotated", args=[batch.ref]) not in done
    again = browser.post(address)
    assert again.status_code == 409, "a second post changes nothing"


def test_what_is_left_of_it_cannot_be_downloaded_corrected_or_committed(
    send: Send, clerk: User, signed_in: SignedIn, django_capture_on_commit_callbacks: Any
) -> None:
    batch = sent(send, clerk, [facility_row()])
    with django_capture_on_commit_callbacks(execute=True):
        discard(batch, clerk)
    browser = signed_in(clerk)
    for name in ("original", "annotated"):
        answer = browser.get(reverse(f"uploads:{name}", args=[batch.ref]))
        assert answer["Location"] == reverse("uploads:batch", args=[batch.ref])
    for refused in (
        lambda: actions.request_commit(batch=batch, mode="all", by=clerk),
        lambda: actions.correct_row(batch=batch, position=1, texts={"area": "1"}, by=clerk),
        lambda: actions.map_columns(batch=batch, chosen={}, by=clerk),
        lambda: actions.request_undo(batch=batch, by=clerk),
    ):
        with pytest.raises(StaleError):
            refused()
    actions.check_queued_batch(batch.pk)
    actions.commit_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.state == State.DISCARDED and not Facility.objects.exists()


def test_it_counts_nowhere_as_open_reported_or_the_same_file(send: Send, clerk: User) -> None:
    first = sent(send, clerk, [facility_row()], commit="all")
    same = sent(send, clerk, [facility_row()])
    assert (same.unchanged, same.errors) == (1, 0)
    assert set(UploadBatch.objects.reported()) == {first, same}
    discard(same, clerk)
    new = discard(sent(send, clerk, [facility_row("东关社区")]), clerk)
    assert set(UploadBatch.objects.reported()) == {first}
    assert not UploadBatch.objects.unsettled().exists()
    assert not UploadBatch.objects.same_file(make_batch(clerk, sha256=new.sha256)).exists()


def test_the_list_finds_discarded_batches_by_their_state(send: Send, clerk: User, signed_in: SignedIn) -> None:
    gone, kept = sent(send, clerk, [facility_row()]), sent(send, clerk, [facility_row("东关社区")])
    discard(gone, clerk)
    page = signed_in(clerk).get(reverse("uploads:list"), {"state": "discarded"}).content.decode()
    assert gone.ref in page and kept.ref not in page and "已放弃" in page


def test_the_uploader_is_told_when_somebody_else_has_discarded_it(send: Send, clerk: User, officer: User) -> None:
    discard(sent(send, clerk, [facility_row()]), clerk)
    assert not Notice.objects.exists()
    discard(sent(send, clerk, [facility_row("东关社区")]), officer)
    notice = Notice.objects.get()
    assert (notice.user, notice.title) == (clerk, "服务设施的批次已放弃")
    assert str(officer) in notice.text


def test_discarding_costs_the_same_queries_for_more_rows(send: Send, clerk: User) -> None:
    few = sent(send, clerk, [facility_row()])
    many = sent(send, clerk, [facility_row(设施名称=f"活动室{n}") for n in range(20)])
    costs = {len(queries_of(lambda batch=batch: discard(batch, clerk))) for batch in (few, many)}
    assert len(costs) == 1 and not UploadRow.objects.exists()


@pytest.mark.parametrize("change", [{"discarded_by": None}, {"discarded_at": None}, {"committed_at": timezone.now()}])
def test_the_database_refuses_a_discarding_by_nobody_and_one_of_written_rows(
    change: dict[str, Any], clerk: User
) -> None:
    batch = discard(make_batch(clerk, state=State.CHECKED), clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        UploadBatch.objects.filter(pk=batch.pk).update(**change)


# --- The command ---


def discarded(capsys: pytest.CaptureFixture[str], batch: int, username: str) -> tuple[dict[str, Any], int]:
    """Return the output of `manage.py discard … --json`, and its exit status."""
    capsys.readouterr()
    status = 0
    try:
        call_command("discard", str(batch), as_=username, json=True)
    except CommandError as error:
        status = error.returncode
    return json.loads(capsys.readouterr().out), status


def test_the_command_discards_it_and_prints_json_alone(send: Send, clerk: User, capsys: Any) -> None:
    batch = sent(send, clerk, [facility_row()])
    assert discarded(capsys, batch.pk, clerk.username) == ({"batch": batch.pk, "state": "discarded"}, 0)
    answer, status = discarded(capsys, batch.pk, clerk.username)
    assert (answer["error"]["code"], status) == ("stale", 3)


def test_the_command_does_not_know_batches_of_other_areas(
    send: Send, clerk: User, other_clerk: User, leader: User, capsys: Any
) -> None:
    batch = sent(send, clerk, [facility_row()])
    for user, code in ((other_clerk.username, "not_found"), ("nobody", "not_found"), (leader.username, "not_allowed")):
        answer, status = discarded(capsys, batch.pk, user)
        assert (answer["error"]["code"], status) == (code, 3)
    batch.refresh_from_db()
    assert batch.state == State.CHECKED


@pytest.mark.parametrize("state", [State.REJECTED, State.DISCARDED])
@pytest.mark.parametrize("page", ["batch", "discard", "register", "columns", "together", "drop-rest", "undo"])
def test_no_page_of_a_file_whose_register_is_unknown_leaves_a_gap_for_it(
    page: str, state: str, clerk: User, signed_in: SignedIn
) -> None:
    options = {"discarded_by": clerk, "discarded_at": timezone.now()} if state == State.DISCARDED else {}
    batch = make_batch(clerk, "", state=state, file_name="会议通知.docx", message="没有认出登记表", **options)
    answer = signed_in(clerk).get(reverse(f"uploads:{page}", args=[batch.ref]), follow=True)
    assert answer.status_code == 200
    shown = "".join(answer.content.decode().split("<main")[1].split())
    assert "会议通知.docx" in shown
    assert "（）" not in shown and "“”" not in shown and "、、" not in shown
