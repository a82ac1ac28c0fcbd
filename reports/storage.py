"""Where printed briefings lie: files below MEDIA_ROOT that only the portal can read; views hand them out."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.conf import settings

_FOLDER = "briefings"


def keep_pdf(ref: str, pdf: bytes) -> str:
    """Write an issue's PDF in one step, in place of an earlier one; its name below MEDIA_ROOT."""
    name = f"{_FOLDER}/{ref}.pdf"
    path = pdf_path(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS)
    write_whole(path, pdf, mode=settings.FILE_UPLOAD_PERMISSIONS)
    return name


def pdf_path(name: str) -> Path:
    """The file behind `Briefing.pdf_name`."""
    return Path(settings.MEDIA_ROOT) / name


def write_whole(path: Path, data: bytes, *, mode: int) -> None:
    """Write a file so that its name never stands for half of it: beside its place first, then renamed."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
