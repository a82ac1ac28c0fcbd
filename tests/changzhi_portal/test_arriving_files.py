"""Tests of files while they arrive: on the disk only encrypted and without a name."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from changzhi_portal import arriving_files
from changzhi_portal.arriving_files import EncryptedFile
from tests.factories import make_period
from uploads import storage
from uploads.models import UploadBatch

PLAIN = "演示张三,140402199003070017\n".encode()


def on_disk(file: EncryptedFile) -> bytes:
    return os.pread(file._file.fileno(), 1 << 20, 0)


def test_what_was_written_is_read_again_in_other_pieces_and_from_the_beginning() -> None:
    with EncryptedFile() as file:
        for piece in (PLAIN, b"", PLAIN * 3):
            assert file.write(piece) == len(piece)
        assert file.read(7) == (PLAIN * 4)[:7]
        file.seek(0)
        assert file.readall() == PLAIN * 4
        assert file.read(1) == b""


def test_the_disk_holds_nothing_that_can_be_read_and_no_name() -> None:
    with EncryptedFile() as first, EncryptedFile() as second:
        for file in (first, second):
            file.write(PLAIN * 100)
            file.seek(0)
        assert len(on_disk(first)) == len(PLAIN) * 100
        assert b"140402" not in on_disk(first)
        assert on_disk(first) != on_disk(second)
        assert list(settings.FILE_UPLOAD_TEMP_DIR.iterdir()) == []
    assert settings.FILE_UPLOAD_TEMP_DIR.is_relative_to(settings.VAR_DIR)
    assert settings.FILE_UPLOAD_TEMP_DIR.stat().st_mode & 0o777 == 0o700


def test_a_file_is_written_once_and_read_from_its_beginning() -> None:
    with EncryptedFile() as file:
        file.write(PLAIN)
        with pytest.raises(io.UnsupportedOperation):
            file.seek(3)
        file.seek(0)
        with pytest.raises(io.UnsupportedOperation):
            file.write(PLAIN)


@pytest.mark.django_db
@pytest.mark.one_database
def test_a_large_upload_arrives_encrypted_below_var_and_is_stored_whole(
    clerk: User, signed_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_period()
    seen: list[str] = []

    class Watched(EncryptedFile):
        def write(self, data: Any) -> int:
            written = super().write(data)
            seen.append(os.readlink(f"/proc/self/fd/{self._file.fileno()}"))
            return written

    monkeypatch.setattr(arriving_files, "EncryptedFile", Watched)
    content = PLAIN * 100_000
    sent = {"register": "facilities", "period": "", "file": SimpleUploadedFile("演示.csv", content)}
    assert signed_in(clerk).post("/uploads/new/", sent).status_code == 302
    batch = UploadBatch.objects.get()
    assert (batch.file_size, storage.original_bytes(batch)) == (len(content), content)
    assert seen
    assert all(Path(name).is_relative_to(settings.FILE_UPLOAD_TEMP_DIR) and "(deleted)" in name for name in seen)


@pytest.mark.django_db
@pytest.mark.one_database
def test_no_more_of_a_file_is_kept_than_shows_that_it_is_too_large(
    clerk: User, signed_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    make_period()
    kept: list[int] = []
    write = EncryptedFile.write

    def counting(file: EncryptedFile, data: bytes) -> int:
        kept.append(len(data))
        return write(file, data)

    monkeypatch.setattr(EncryptedFile, "write", counting)
    settings.UPLOAD_MAX_BYTES = 1_000_000
    sent = {"register": "facilities", "period": "", "file": SimpleUploadedFile("演示.csv", b"x" * 4_000_000)}
    answer = signed_in(clerk).post("/uploads/new/", sent)
    assert answer.status_code == 422
    assert "请删去图片和空白行，或分成几个文件上传。" in answer.content.decode()
    assert 1_000_000 < sum(kept) < 1_100_000
