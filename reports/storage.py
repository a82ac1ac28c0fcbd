"""Storage of printed briefings: files below MEDIA_ROOT that only views send."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

_FOLDER = "briefings"


class StoredFile(NamedTuple):
    """A file that was written: its name below MEDIA_ROOT, digest and size in bytes."""

    name: str
    sha256: str
    size: int


def store_file(ref: str, kind: str, content: bytes) -> StoredFile:
    """Write a file of an edition atomically, under a name that its content decides, and return how it is called.

    The same content has the same name, so that writing it again changes nothing, and other content never replaces it.
    """
    digest = hashlib.sha256(content).hexdigest()
    name = f"{_FOLDER}/{ref}/{digest[:16]}.{kind}"
    path = file_path(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS)
    write_atomically(path, content, mode=settings.FILE_UPLOAD_PERMISSIONS)
    return StoredFile(name, digest, len(content))


def delete_files(names: Iterable[str]) -> None:
    """Delete files that no edition has any more; one that is gone already is passed over."""
    for name in names:
        file_path(name).unlink(missing_ok=True)


def file_path(name: str) -> Path:
    """Return the path of the file named by `BriefingFile.name`."""
    return Path(settings.MEDIA_ROOT) / name


def write_atomically(path: Path, data: bytes, *, mode: int) -> None:
    """Write a file atomically: to a temporary file in its directory, which is then renamed."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
