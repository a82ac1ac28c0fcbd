"""Tests of what is on the disk when an issue cannot be written."""

from __future__ import annotations

import errno
import os

import pytest

from changzhi_portal.refusals import UnavailableError
from reports.storage import pdf_path, store_pdf

pytestmark = pytest.mark.one_database


@pytest.fixture
def full_disk(settings, tmp_path, monkeypatch):
    """Store one issue, then let the disk be full: when the bytes are written out at the end."""
    settings.MEDIA_ROOT = tmp_path
    store_pdf("abc", b"%PDF first")

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fchmod", refuse)


def test_a_full_disk_is_one_sentence_and_leaves_the_earlier_file_whole(full_disk):
    with pytest.raises(UnavailableError, match="存不下简报文件") as refusal:
        store_pdf("abc", b"%PDF second")
    assert "No space left on device" in refusal.value.cure
    assert pdf_path("briefings/abc.pdf").read_bytes() == b"%PDF first"


def test_a_full_disk_leaves_no_half_file(full_disk, tmp_path):
    with pytest.raises(UnavailableError):
        store_pdf("new", b"%PDF")
    assert [path.name for path in (tmp_path / "briefings").iterdir()] == ["abc.pdf"]
