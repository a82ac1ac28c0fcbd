"""How header texts are compared."""

from __future__ import annotations

import re
import unicodedata

_UNITS = "㎡|m2|平方米|平米|万元|元|人|户|个|家|名"
_UNIT_IN_BRACKETS = re.compile(rf"\((?:单位:?)?(?:{_UNITS})\)", re.IGNORECASE)


def normal_header(text: str) -> str:
    """A header for comparing: NFKC, no spaces or line breaks, one kind of brackets, no unit in brackets, no * or :."""
    plain = re.sub(r"[\s*:★]", "", unicodedata.normalize("NFKC", text)).translate(_BRACKETS)
    return _UNIT_IN_BRACKETS.sub("", plain).casefold()


_BRACKETS = str.maketrans("[]{}〔〕【】", "()()()()")
