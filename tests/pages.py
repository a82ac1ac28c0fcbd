"""Reading pages in tests."""

from __future__ import annotations

import re
from typing import Any

_DATE = re.compile(r'<span class="date">([^<]*)</span>')


def markup_of(answer: Any) -> str:
    """Return a page's HTML with single spaces, and without the spans that keep dates in one line."""
    return " ".join(_DATE.sub(r"\1", answer.content.decode()).split())
