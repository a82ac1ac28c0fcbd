"""Tests of the limits under which a marked workbook is made (docs/spreadsheets.md §1.3)."""

from __future__ import annotations

import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from changzhi_portal.refusals import InvalidError, UnavailableError
from tests.factories import Place
from tests.uploads.samples import upload
from tests.uploads.test_reading_limits import with_blank_rows
from tests.uploads.test_writing_annotated import BAD, GOOD, HEADER
from tests.uploads.workbooks import make_xlsx
from uploads.models import UploadBatch
from uploads.writing import annotated
from uploads.writing.annotated import annotated_workbook
from uploads.writing.notes import AUTHOR

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.one_database]


# --- Limits ---


def _checked(clerk: User, path: Path, capsys: Any) -> UploadBatch:
    answer, _ = upload(capsys, "facilities", path, clerk, period="2018-06")
    return UploadBatch.objects.get(pk=answer["batch"])


def test_a_workbook_of_forty_megabytes_is_marked_in_little_memory(
    place: Place, clerk: User, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
):
    # The child process is killed at its limits, so this passes only if a sheet is held about once.
    monkeypatch.setattr(annotated, "MEMORY_BYTES", 200 * 1024 * 1024)
    path = with_blank_rows(make_xlsx(tmp_path / "大.xlsx", {"城区": [HEADER, GOOD, BAD]}), 4, 400_000)
    inflated = zipfile.ZipFile(path).getinfo("xl/worksheets/sheet1.xml").file_size
    assert inflated > 37 * 1024 * 1024
    with zipfile.ZipFile(annotated_workbook(_checked(clerk, path, capsys), by=clerk)) as archive:
        assert archive.getinfo("xl/worksheets/sheet1.xml").file_size > inflated
        assert f"{AUTHOR}：" in archive.read("xl/comments_check1.xml").decode()


def test_a_workbook_that_cannot_be_marked_within_the_limits_ends_in_one_sentence(
    place: Place, clerk: User, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch, signed_in: Any
):
    rows = [HEADER, BAD, *[[f"说明{number}-{column}" for column in range(5)] for number in range(30_000)]]
    batch = _checked(clerk, make_xlsx(tmp_path / "大.xlsx", {"城区": rows}), capsys)
    monkeypatch.setattr(annotated, "MEMORY_BYTES", 60 * 1024 * 1024)
    with pytest.raises(InvalidError) as refusal:
        annotated_workbook(batch, by=clerk)
    assert "标出问题的表格做不出来" in str(refusal.value)
    page = signed_in(clerk).get(reverse("uploads:annotated", args=[batch.ref]), follow=True)
    assert "标出问题的表格做不出来" in page.content.decode()


def test_requests_at_the_same_time_share_one_marking(
    place: Place, clerk: User, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
):
    batch = _checked(clerk, make_xlsx(tmp_path / "设施.xlsx", {"城区": [HEADER, BAD]}), capsys)
    started, go_on = threading.Event(), threading.Event()
    made = []
    plain = annotated._made

    def slowly(which: UploadBatch, others: list[UploadBatch]) -> Any:
        made.append(which)
        started.set()
        go_on.wait(10)
        return path.open("rb")

    path = tmp_path / "标好.xlsx"
    path.write_bytes(plain(batch).read())
    monkeypatch.setattr(annotated, "_made", slowly)
    # The test's transaction is not visible to the threads.
    monkeypatch.setattr(annotated, "_others_of_file", lambda *_: [])
    answers: list[bytes] = []

    def ask() -> None:
        with annotated_workbook(batch, by=clerk) as file:
            answers.append(file.read())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    threads[0].start()
    assert started.wait(10)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(made) <= 2, "a thread that came after the first was done makes its own"
    assert answers == [path.read_bytes()] * 4
    assert annotated._being_made == {}


def test_too_many_at_once_are_asked_to_wait(
    place: Place, clerk: User, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
):
    batch = _checked(clerk, make_xlsx(tmp_path / "设施.xlsx", {"城区": [HEADER, BAD]}), capsys)
    monkeypatch.setattr(annotated, "LONGEST_WAIT", 0.3)
    with annotated._turn(), annotated._turn(), pytest.raises(UnavailableError, match="过一会儿再下载"):
        annotated_workbook(batch, by=clerk)
    assert annotated_workbook(batch, by=clerk).read(2) == b"PK"
