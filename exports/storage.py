"""Files of exports: nameless while they are made and sent, and below MEDIA_ROOT when a worker has made them.

Only the portal's own user reads them (`changzhi_portal.private_files`), and only views send them.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import IO, Final

from django.conf import settings

_FOLDER: Final = "exports"
_SCRATCH: Final = "scratch"
# What a killed process has left behind is removed after this long; no export takes so long.
_LEFT_BEHIND: Final = 24 * 3600  # seconds


def scratch_folder() -> Path:
    """Return the folder of files that are being made, on the disk where finished ones are kept."""
    return _folder(f"{_FOLDER}/{_SCRATCH}")


def scratch_file() -> IO[bytes]:
    """Return a file without a name, which is gone when it is closed or its process dies."""
    return tempfile.TemporaryFile(dir=scratch_folder())


def keep_file(name: str, file: IO[bytes]) -> int:
    """Store a file that was made under a name, atomically; return its size in bytes."""
    folder = _folder(_FOLDER)
    handle, temporary = tempfile.mkstemp(dir=scratch_folder())
    try:
        with os.fdopen(handle, "wb") as kept:
            file.seek(0)
            while chunk := file.read(1024 * 1024):
                kept.write(chunk)
            os.fchmod(kept.fileno(), settings.FILE_UPLOAD_PERMISSIONS)
            size = kept.tell()
        os.replace(temporary, folder / name)
    except BaseException:
        os.unlink(temporary)
        raise
    return size


def path_of(name: str) -> Path:
    """Return the path of a stored file."""
    return Path(settings.MEDIA_ROOT) / _FOLDER / name


def remove_file(name: str) -> None:
    """Remove a stored file, if there is one of this name."""
    if name:
        path_of(name).unlink(missing_ok=True)


def remove_left_behind(known: Collection[str]) -> int:
    """Remove old files that no export knows, of processes that were killed; return how many."""
    before = time.time() - _LEFT_BEHIND
    paths = [*_folder(_FOLDER).iterdir(), *scratch_folder().iterdir()]
    old = [path for path in paths if path.is_file() and path.name not in known and path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def sha256_of(file: IO[bytes]) -> str:
    """Return the digest of a file, by which a copy of it is known again."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _folder(name: str) -> Path:
    folder = Path(settings.MEDIA_ROOT) / name
    folder.mkdir(parents=True, exist_ok=True, mode=settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS)
    return folder
