"""Tests of what is on the disk when an issue cannot be written."""

from __future__ import annotations

import errno
import os

import pytest

from changzhi_portal.refusals import UnavailableError
from reports.storage import delete_files, file_path, store_file

pytestmark = pytest.mark.one_database


@pytest.fixture
def full_disk(settings, tmp_path, monkeypatch):
    """Store one file, then let the disk be full: when the bytes are written out at the end."""
    settings.MEDIA_ROOT = tmp_path
    stored = store_file("abc", "pdf", b"%PDF first")

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fchmod", refuse)
    return stored


def test_a_full_disk_is_one_sentence_and_leaves_the_earlier_file_whole_and_no_half_one(full_disk):
    with pytest.raises(UnavailableError, match="存不下简报文件") as refusal:
        store_file("abc", "pdf", b"%PDF second")
    assert "No space left on device" in refusal.value.cure
    first = file_path(full_disk.name)
    assert first.read_bytes() == b"%PDF first"
    assert list(first.parent.iterdir()) == [first]


def test_other_content_has_another_name_and_the_same_content_the_same(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    first, second, again = (store_file("abc", "pdf", content) for content in (b"%PDF 1", b"%PDF 2", b"%PDF 1"))
    assert first == again != second
    delete_files([first.name, "briefings/abc/gone.pdf"])
    assert [path.name for path in (tmp_path / "briefings" / "abc").iterdir()] == [second.name.rpartition("/")[2]]
