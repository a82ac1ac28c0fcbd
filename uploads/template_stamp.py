"""What the portal writes into the workbooks it hands out, so that it recognises them when they come back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

# Counts up when columns are added, renamed or dropped. Older templates are still read: columns are found by their
# headers, and a column's former header stays among its spellings.
TEMPLATE_VERSION: Final = 1
_VERSION_LABEL: Final = "模板版本"
_VERSION: Final = re.compile(rf"{_VERSION_LABEL}[:：]?\s*(\d{{1,4}})(?!\d)")

GUIDE_SHEET: Final = "填表说明"
PROBLEM_SHEET: Final = "问题汇总"
# The first cell of the list of problems. Name and first cell together tell it from an office's own sheet of that name.
PROBLEM_HEADING: Final = "填报检查发现的问题"


def version_stamp() -> str:
    """Return the small line beside the office's name; the version is a whole number, for 2026.1 would be read as a month."""
    return f"{_VERSION_LABEL}：{TEMPLATE_VERSION}"


def version_in(title: str) -> int | None:
    """Return the version of the template that the text above a header names; None for an office's own form."""
    found = _VERSION.search(unicodedata.normalize("NFKC", title))
    return int(found[1]) if found else None


def uses_old_template(mapping: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether a sheet of a batch (an entry of `UploadBatch.mapping`) came in an older template."""
    return any(part.get("template") not in (None, TEMPLATE_VERSION) for part in mapping)
