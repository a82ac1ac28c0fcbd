"""Numbers that the portal draws in order: a beginning, such as 140402-2018-, and a serial of four digits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_LENGTH: Final = 4
_LAST_DRAWN: Final = 10**_LENGTH - 1


def next_number(begins: str, given: Iterable[str]) -> str:
    """Return the next number that begins so, after those that were given.

    A number that an office has typed takes no serials away: one beyond four digits is only passed over. The caller holds
    a lock, so that nobody draws the same number, in the transaction that uses it; one that fails leaves no gap.
    """
    written = re.compile(rf"{re.escape(begins)}(\d{{{_LENGTH},}})", re.ASCII)
    taken = {int(found[1]) for number in given if (found := written.fullmatch(number))}
    serial = max((each for each in taken if each <= _LAST_DRAWN), default=0) + 1
    while serial in taken:
        serial += 1
    return f"{begins}{serial:0{_LENGTH}}"
