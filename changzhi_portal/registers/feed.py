"""What has changed in a register since an earlier reading: asked by the API, answered by `changelog`.

The frame cannot import `changelog`; it finds the feed that `changelog/api.py` declares.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Protocol

from django.db.models import Exists, Q, QuerySet

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

    def standing(self) -> Q:
        """Return the condition on the register's records, merged ones too, that they, their parts or what they name changed."""

    def removed(self) -> QuerySet:
        """Return the changes (`object_id`, `object_ref`) by which records were removed, and not made again since."""

    def seen_by(self, user: Actor, key: str) -> Exists:
        """Return the condition that records, by the column with their key, lie or have lain in the user's area."""


class PositionOf(Protocol):
    """How a moment becomes a position."""

    def __call__(self, since: datetime.datetime | int | None) -> int:
        """See `changelog.feed.position_of`."""


class Touched(Protocol):
    """How the records of a register are asked for."""

    def __call__(self, register: RegisterSheet, span: Span) -> TouchedRecords:
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
