"""Records of the trail that wait in files, because the database was busy or could not be written (mode 0600)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder


def trail_dir() -> Path:
    """Return the folder of what the trail keeps outside the database; it is created if need be (mode 0700)."""
    folder: Path = settings.VAR_DIR / "trail"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _folder() -> Path:
    folder = trail_dir() / "spool"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def put(values: Mapping[str, Any]) -> None:
    """Store one record; it is complete or not there. Raises OSError."""
    folder = _folder()
    draft = folder / f".{values['ref']}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(values, file, cls=DjangoJSONEncoder, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder / f"{values['ref']}.json")


def waiting() -> list[Path]:
    """Return the files, the oldest first; whoever has taken one in deletes it."""
    found = []
    for path in _folder().glob("*.json"):
        with suppress(FileNotFoundError):  # another process has just taken it in
            found.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(found)]


def record_in(path: Path) -> dict[str, Any]:
    """Return the record that a file holds. Raises ValueError for a file that is none, FileNotFoundError for one that is gone."""
    values = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(values, dict):
        raise ValueError(f"{path.name} holds no record.")
    return values
