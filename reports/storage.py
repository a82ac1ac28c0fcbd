"""Storage of printed briefings: files below MEDIA_ROOT that only views send."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from changzhi_portal.refusals import UnavailableError

logger = logging.getLogger(__name__)
_FOLDER = "briefings"


class StoredFile(NamedTuple):
    """A file that was written: its name below MEDIA_ROOT, digest and size in bytes."""

    name: str
    sha256: str
    size: int


def store_file(ref: str, kind: str, content: bytes) -> StoredFile:
    """Write a file of an edition atomically, under a name that its content decides, and return how it is called.

    The same content has the same name, so that writing it again changes nothing, and other content never replaces it.
    Raises UnavailableError if the disk refuses it; an earlier file is then still there, whole.
    """
    digest = hashlib.sha256(content).hexdigest()
    name = f"{_FOLDER}/{ref}/{digest[:16]}.{kind}"
    path = file_path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS)
        write_atomically(path, content, mode=settings.FILE_UPLOAD_PERMISSIONS)
    except OSError as error:
        logger.error("A file of a briefing cannot be stored: %s", error)
        raise UnavailableError(
            "服务器暂时存不下简报文件，这期没有生成，原有文件没有改动；请联系系统管理员检查磁盘后重新生成。",
            cure=f"The file cannot be stored below {settings.MEDIA_ROOT}: {error.strerror}.",
        ) from error
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
