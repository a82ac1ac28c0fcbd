"""The description of the API as it is kept in docs/openapi.json: `make openapi` writes it, and a test compares it.

Whoever changes the API sees in the difference what programs will see.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import django
from django.conf import settings

FILE = Path("docs/openapi.json")


def as_text(made: dict[str, Any]) -> str:
    """Return the description in an order of its own, so that only real changes show."""
    return json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n"


def path() -> Path:
    """Return the file."""
    folder: Path = settings.BASE_DIR
    return folder / FILE


def write() -> None:
    """Write the file anew."""
    from changzhi_portal.api.description import description

    path().write_text(as_text(description()), encoding="utf-8")


if __name__ == "__main__":
    django.setup()
    write()
