"""Storage of printed briefings: files below MEDIA_ROOT that only views send."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

from django.conf import settings

from changzhi_portal.refusals import UnavailableError

logger = logging.getLogger(__name__)
_FOLDER = "briefings"


def store_pdf(ref: str, pdf: bytes) -> str:
    """Write an issue's PDF atomically, replacing an earlier one; return its name below MEDIA_ROOT.

    Raises UnavailableError if the disk refuses it; an earlier file is then still there, whole.
    """
    name = f"{_FOLDER}/{ref}.pdf"
    path = pdf_path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS)
        write_atomically(path, pdf, mode=settings.FILE_UPLOAD_PERMISSIONS)
    except OSError as error:
        logger.error("A briefing cannot be stored: %s", error)
        raise UnavailableError(
            "服务器暂时存不下简报文件，这期没有生成，原有文件没有改动；请联系系统管理员检查磁盘后重新生成。",
            cure=f"The PDF cannot be stored below {settings.MEDIA_ROOT}: {error.strerror}.",
        ) from error
    return name


def pdf_path(name: str) -> Path:
    """Return the path of the file named by `Briefing.pdf_name`."""
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
