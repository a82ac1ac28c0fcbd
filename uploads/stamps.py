"""What the portal writes into workbooks it hands out, and recognises when they come back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

from uploads.reading.grid import Grid

# Counts up when columns are added, renamed or dropped. Older templates are still read: columns are found by their
# headers, and a column's former header stays among its spellings.
TEMPLATE_VERSION: Final = 1
_VERSION_LABEL: Final = "模板版本"
_VERSION: Final = re.compile(rf"{_VERSION_LABEL}[:：]?\s*(\d{{1,4}})(?!\d)")

GUIDE_SHEET: Final = "填表说明"
PROBLEM_SHEET: Final = "问题汇总"
# How the list of problems begins; by name and beginning it is told from a sheet that an office calls the same.
PROBLEM_HEADING: Final = "填报检查发现的问题"


def version_stamp() -> str:
    """The small line beside the office's name. A whole number, because 2026.1 would be read as a month."""
    return f"{_VERSION_LABEL}：{TEMPLATE_VERSION}"


def version_in(title: str) -> int | None:
    """The version of the template that the text above a header names; None for an office's own form."""
    found = _VERSION.search(unicodedata.normalize("NFKC", title))
    return int(found[1]) if found else None


def uses_old_template(mapping: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a sheet of a batch (an entry of `UploadBatch.mapping`) came in a template that is no longer today's."""
    return any(part.get("template") not in (None, TEMPLATE_VERSION) for part in mapping)


def is_problem_list(grid: Grid) -> bool:
    """Whether a sheet is our own list of problems, which came back with the corrected workbook."""
    first = next((cell for row in grid.rows[:3] for cell in row if cell != ""), "")
    return (grid.name or "").startswith(PROBLEM_SHEET) and str(first).startswith(PROBLEM_HEADING)
