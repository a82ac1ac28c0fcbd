"""What has changed in a register since an earlier reading: asked by the API, answered by `changelog`.

The frame cannot import `changelog`; it finds the feed that `changelog/api.py` declares.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from changzhi_portal.discovery import instances_in
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.rights import Actor


@dataclass(frozen=True, slots=True)
class Span:
    """The changes after one position and up to another; a position is the number of a change's seal in the trail."""

    after: int
    until: int


class TouchedRecords(Protocol):
    """What was changed within a span, of one register."""

    def keys_after(self, key: int, most: int) -> list[int]:
        """Return the keys of the first changed records beyond a key, in their order, at most so many."""

    def seen(self, keys: Collection[int]) -> set[int]:
        """Return those of the keys whose records lie, or have lain, in the user's area."""

    def refs_of(self, keys: Collection[int]) -> dict[int, str]:
        """Return the refs that removed records with these keys had, by key."""


class PositionOf(Protocol):
    """How a moment becomes a position."""

    def __call__(self, since: datetime.datetime | int | None) -> int:
        """See `changelog.feed.position_of`."""


class Touched(Protocol):
    """How the records of a register are asked for."""

    def __call__(self, register: RegisterSheet, span: Span, user: Actor) -> TouchedRecords:
        """See `changelog.feed.Touched`."""


@dataclass(frozen=True, slots=True)
class ChangeFeed:
    """Declares who knows what has changed."""

    position_of: PositionOf
    touched: Touched


def change_feed() -> ChangeFeed:
    """Return the feed that is declared. Raises ValueError unless there is one."""
    [feed] = instances_in("api", ChangeFeed)
    return feed
