"""Marks that the portal writes into its workbooks, to recognise them when they are uploaded.

It imports neither Django nor changzhi_portal, because the child process of marking uses it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

# Increased when columns are added, renamed or removed. Older templates are still read: columns are found by their
# headers, and a column's former header stays among its spellings.
TEMPLATE_VERSION: Final = 1
_VERSION_LABEL: Final = "模板版本"
_VERSION: Final = re.compile(rf"{_VERSION_LABEL}[:：]?\s*(\d{{1,4}})(?!\d)")

GUIDE_SHEET: Final = "填表说明"
GUIDE_HEADING: Final = f"登记表{GUIDE_SHEET}"  # the end of its first cell, after the register's title
DICTIONARY_SHEET: Final = "字典"
# The first cell of the lists behind the drop-downs. Some programs show the sheet, which is hidden, when they save.
DICTIONARY_HEADING: Final = "下拉列表的选项"
PROBLEM_SHEET: Final = "问题汇总"
# The first cell of the problem list. Name and first cell together distinguish it from an office's sheet of that name.
PROBLEM_HEADING: Final = "填报检查发现的问题"


def version_stamp() -> str:
    """Return the small line beside the office's name. The version is an integer: 2026.1 would be read as a month."""
    return f"{_VERSION_LABEL}：{TEMPLATE_VERSION}"


def version_in(title: str) -> int | None:
    """Return the version of the template in the text above a header; None for an office's own form."""
    match = _VERSION.search(unicodedata.normalize("NFKC", title))
    return int(match[1]) if match else None


def uses_old_template(mapping: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether a sheet of a batch (an entry of `UploadBatch.mapping`) uses an older template."""
    return any(part.get("template") not in (None, TEMPLATE_VERSION) for part in mapping)
