"""The files that a document may load: "static:PATH", one of the project's static files, and "font:FILE", a font in FONT_DIR.

Every other address is refused, so that text in a document cannot make the server fetch anything.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation

SCHEMES = ("static", "font")


class RefusedAddressError(Exception):
    """An address of a file that is not ours."""


def own_file(url: str) -> tuple[bytes, str]:
    """Return content and media type of the file behind "static:PATH" or "font:FILE".

    Raises RefusedAddressError for every other address.
    """
    scheme, _, name = url.partition(":")
    path = {"static": _static_file, "font": _font_file}.get(scheme, _nothing)(name)
    if path is None:
        raise RefusedAddressError(f"A briefing may load only our own files, not {url[:200]}")
    return path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _static_file(name: str) -> Path | None:
    try:
        found = finders.find(name)
    except SuspiciousFileOperation:  # a path that leads out of the static files
        return None
    return Path(found) if isinstance(found, str) and Path(found).is_file() else None


def _font_file(name: str) -> Path | None:
    path = Path(settings.FONT_DIR) / name
    return path if Path(name).name == name and path.is_file() else None


def _nothing(name: str) -> None:
    return None
