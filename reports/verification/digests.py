"""A file that is sent in to be compared: only its SHA-256 is kept, never the file."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class DigestedFile(UploadedFile):
    """A file that was sent and is gone: its name, its size and its SHA-256."""

    def __init__(self, name: str, size: int, sha256: str) -> None:
        super().__init__(file=None, name=name, size=size)
        self.sha256 = sha256

    def close(self) -> None:
        """Do nothing: there is no file to close. Django closes all files of a request that it refuses."""


class DigestUploadHandler(FileUploadHandler):
    """Upload handler that computes the SHA-256 of a file while it arrives, and keeps nothing of it in memory or on the disk."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self.digest = hashlib.sha256()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take a chunk in."""
        self.digest.update(raw_data)

    def file_complete(self, file_size: int) -> DigestedFile:
        """Return what is known of the file."""
        return DigestedFile(self.file_name or "", file_size, self.digest.hexdigest())
