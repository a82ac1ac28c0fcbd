"""What has been kept long enough is wiped, what undoing or a waiting upload still needs is not, and pages say so."""

from __future__ import annotations

import dataclasses
import datetime
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import KnownBrowser, SignInSession
from changelog.actions import edit_record
from changelog.history import history_of
from changelog.models import ChangeRecord, ChangeSet, TrailRecord
from changelog.trail.digests import digests_of_changes
from changzhi_portal.personal import Wiped
from changzhi_portal.personal.rotation import count_keys
from changzhi_portal.refusals import NotFoundError, StaleError
from changzhi_portal.registers.registry import register_named
from changzhi_portal.retention import retention_rules
from notices.models import Notice
from privacy.actions import wipe_expired
from socialworkers.models import Posting, SocialWorker
from tests.factories import PASSWORD, id_number
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.office import write_workbook
from uploads import actions, storage
from uploads.models import UploadBatch, UploadRow
from uploads.retention import OPEN_UPLOADS

pytestmark = pytest.mark.django_db
NUMBER, OTHER, PHONE, NEW_PHONE = id_number(5001), id_number(5002), "19900005001", "19900005002"


def sent(send: Any, clerk: Any, *rows: dict[str, Any], commit: str = "all") -> UploadBatch:
    return UploadBatch.objects.get(pk=send("workers", clerk, list(rows), commit=commit)["batch"])


def later(days: int) -> dict[str, int]:
    """Wipe as if so many days had passed; return how many by rule."""
    done = wipe_expired(now=timezone.now() + datetime.timedelta(days=days, hours=1))
    return {each.rule.name: each.number for each in done if each.number}


def stored() -> str:
    """Return everything that staged rows, batches and the change log store, as text."""
    rows = [list(model.objects.values()) for model in (UploadRow, UploadBatch, ChangeRecord)]
    return json.dumps(rows, default=str, ensure_ascii=False)


@pytest.fixture
def committed(send: Any, clerk: Any, place: Any) -> UploadBatch:
    return sent(send, clerk, worker_row("和平社区", 身份证号=NUMBER, 联系电话=PHONE))


def test_the_original_goes_after_its_time_and_the_page_says_so(committed, clerk, signed_in):
    path = Path(portal_settings.MEDIA_ROOT) / committed.stored_as
    assert later(179) == {} and path.exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.transaction.on_commit", lambda function: function())
        assert later(180) == {"originals": 1, "staged_values": 1}
    assert not path.exists()
    committed.refresh_from_db()
    with pytest.raises(NotFoundError, match="已过保存期限"):
        storage.original_bytes(committed)
    browser = signed_in(clerk)
    page = browser.get(reverse("uploads:batch", args=[committed.ref])).content.decode()
    assert "上传的原文件已过保存期限" in page and reverse("uploads:original", args=[committed.ref]) not in page
    answer = browser.get(reverse("uploads:original", args=[committed.ref]), follow=True).content.decode()
    assert "不能再下载" in answer


def test_numbers_of_staged_rows_and_corrections_are_masks_afterwards_and_the_upload_can_still_be_undone(
    send, clerk, place, signed_in
):
    batch = sent(
        send,
        clerk,
        worker_row("和平社区", 身份证号=NUMBER, 联系电话=PHONE),
        worker_row("和平社区", 身份证号=OTHER, 联系电话="12345"),
        commit="good",
    )
    actions.correct_row(batch=batch, position=2, texts={"phone": "1234567"}, by=clerk)
    batch.refresh_from_db()
    actions.drop_rest(batch=batch, by=clerk)
    assert later(200) == {"originals": 1, "staged_values": 1}
    first, second = UploadRow.objects.order_by("position")
    assert first.values["phone"] == "wiped:199****5001" and first.values["id_number"].startswith("wiped:140402****")
    assert "wiped:" in json.dumps(second.raw) and "1234567" not in json.dumps(second.raw)
    assert "2:" not in json.dumps([row.values | row.raw for row in (first, second)])
    batch.refresh_from_db()
    assert [made["text"] for made in batch.corrections] == ["wiped:123**67"]
    assert not sum(counts.remaining for counts in count_keys().values()), "a mask is nothing that a rotation looks for"
    UploadBatch.objects.update(values_wiped_at=None)  # as if the wiping had been interrupted
    later(200)
    assert UploadRow.objects.get(position=2).raw == second.raw
    with pytest.raises(StaleError, match="号码已清除"):
        actions.take_row_back(batch=batch, position=2, by=clerk)
    browser = signed_in(clerk)
    for tab in ("", "?tab=new", "?tab=left_out"):
        page = browser.get(reverse("uploads:batch", args=[batch.ref]) + tab)
        assert page.status_code == 200 and NUMBER not in page.content.decode()
    actions.request_undo(batch=batch, by=clerk, queue=False)
    assert actions.undo_batch(batch).state == UploadBatch.State.UNDONE
    assert not SocialWorker.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_a_row_that_somebody_else_has_locked_is_waited_for_and_not_left_with_its_numbers(committed):
    is_locked, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(UploadRow.objects.select_for_update())
            is_locked.set()
            may_go.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_locked.wait(10)
    threading.Timer(0.5, may_go.set).start()
    assert later(200)["staged_values"] == 1
    holder.join()
    assert UploadRow.objects.get().values["phone"] == "wiped:199****5001"


def test_the_rows_of_an_earlier_upload_are_not_reused_once_their_values_are_wiped(clerk, place, tmp_path):
    file = write_workbook(tmp_path / "社工.xlsx", [worker_row("和平社区", 身份证号=NUMBER, 联系电话=PHONE)])

    def again() -> UploadBatch:
        chunks = [file.read_bytes()]
        batch = actions.receive_file(file=chunks, file_name=file.name, register="workers", by=clerk, queue=False)
        return actions.check_batch(batch)

    first = again()
    actions.request_commit(batch=first, mode="all", by=clerk, queue=False)
    actions.commit_batch(first)
    assert again().read_as == UploadBatch.objects.get(pk=first.pk).read_as
    later(200)
    third = again()
    assert third.unchanged == 1
    assert "wiped:" not in json.dumps(UploadRow.objects.get(batch=third).values)


def test_an_upload_that_somebody_still_has_to_look_at_keeps_everything_until_it_is_given_up(send, clerk, place):
    waits = sent(send, clerk, worker_row("和平社区", 身份证号=NUMBER, 联系电话="12345"), commit="")
    assert later(300) == {}
    waits.refresh_from_db()
    assert waits.state == UploadBatch.State.CHECKED and waits.stored_as
    assert OPEN_UPLOADS.wipe(timezone.now() + datetime.timedelta(hours=1)) == 1
    waits.refresh_from_db()
    assert waits.state == UploadBatch.State.DISCARDED and str(waits.discarded_by) == "系统"
    assert Notice.objects.filter(user=clerk).exists(), "the uploader is told"


def edited(worker: SocialWorker, clerk: Any, phone: str) -> None:
    edit = edit_record(
        register=register_named("workers")(), values={"phone": phone}, by=clerk, ref=worker.ref, version=worker.version
    )
    assert not edit.has_error


def test_the_log_forgets_the_numbers_of_a_person_who_left_long_ago_and_not_of_one_who_works(committed, clerk):
    worker = SocialWorker.objects.get()
    edited(worker, clerk, NEW_PHONE)
    assert "logged_values" not in later(3 * 365 + 10), "who works is not forgotten"
    Posting.objects.update(ended_on=timezone.localdate())
    assert "logged_values" not in later(3 * 365 - 10)
    digests = list(digests_of_changes())
    done = later(3 * 365 + 10)
    assert done["logged_values"] == 2
    for record in ChangeRecord.objects.filter(model="socialworkers.socialworker"):
        for values in (record.before, record.after):
            assert "phone" not in values or isinstance(record.value_of("phone", values["phone"]), Wiped)
    assert list(digests_of_changes()) == digests, "digests are over masks"
    (entry, *_) = history_of(worker, clerk, limit=5)
    (change,) = entry.changes
    assert (change.old, change.new) == ("199****5001（已清除）", "199****5002（已清除）")
    assert SocialWorker.objects.get().phone.reveal() == NEW_PHONE, "the register itself is kept"
    event = TrailRecord.objects.filter(kind="wiped").order_by("pk").last()
    assert event is not None and event.made_by.username == "system"
    assert "logged_values" not in later(3 * 365 + 10), "a second run finds nothing"


def test_a_change_whose_old_number_was_wiped_is_not_undone_by_half(committed, clerk, signed_in):
    worker = SocialWorker.objects.get()
    edited(worker, clerk, NEW_PHONE)
    change_set = ChangeSet.objects.order_by("-pk").first()
    Posting.objects.update(ended_on=timezone.localdate())
    later(3 * 365 + 10)
    page = signed_in(clerk).get(reverse("changelog:undo", args=[change_set.ref]))
    assert "原来的号码已过保存期限，已清除" in page.content.decode()
    signed_in(clerk).post(reverse("changelog:undo", args=[change_set.ref]), {"seen": "1"})
    assert SocialWorker.objects.get().phone.reveal() == NEW_PHONE


def test_counting_changes_nothing_and_the_command_prints_each_rule(committed, capsys):
    before = stored()
    call_command("wipe_expired", "--check", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {rule.name for rule in retention_rules()} == set(portal_settings.RETENTION_DAYS)
    assert stored() == before


def test_stored_mail_and_old_notices_go(clerk, settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path)
    letter = tmp_path / "20260101-000000-1.log"
    letter.write_text("一封信")
    Notice.objects.create(user=clerk, title="演示")
    assert later(170) == {}
    assert later(190) == {"mail": 1} and not letter.exists()
    assert later(366) == {"notices": 1}


def test_from_where_somebody_has_signed_in_long_ago_is_forgotten(clerk):
    browser = Client()
    browser.post(reverse("accounts:login"), {"username": clerk.username, "password": PASSWORD})
    assert later(364) == {}
    assert later(366)["sign_ins"] == 2
    assert not KnownBrowser.objects.exists() and not SignInSession.objects.exists()


def test_a_rule_that_fails_keeps_no_other_from_being_carried_out(clerk, monkeypatch):
    def fail(before: datetime.datetime) -> int:
        raise OSError("演示")

    rules = [
        dataclasses.replace(rule, wipe=fail) if rule.name == "open_uploads" else rule for rule in retention_rules()
    ]
    monkeypatch.setattr("privacy.actions.retention_rules", lambda: rules)
    Notice.objects.create(user=clerk, title="演示")
    with pytest.raises(RuntimeError, match="open_uploads"):
        later(366)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("rule", retention_rules(), ids=lambda rule: rule.name)
def test_the_document_names_every_rule_with_its_time(rule):
    document = (portal_settings.BASE_DIR / "docs" / "privacy.md").read_text()
    assert f"`RETENTION_{rule.name.upper()}_DAYS`" in document and f"{rule.days} day" in document
