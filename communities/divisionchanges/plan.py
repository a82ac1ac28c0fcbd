"""What the changes of one day amount to: divisions that close and open, communities that move."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from communities.models import CommunityPlacement, CrosswalkRow, Division, DivisionChange


@dataclass(slots=True)
class DivisionMove:
    """A division that closes, and the one that takes its place; after a split, the one that takes most of it.

    `change` is what was decided about it; a town that only follows its county has none.
    """

    old: Division
    heirs: list[Division]
    change: DivisionChange | None
    successor: Division = field(init=False)

    def __post_init__(self) -> None:
        self.successor = self.heirs[0]


@dataclass(frozen=True, slots=True)
class CommunityMove:
    """A stretch of a community's belonging that ends on the day, and how it goes on.

    `has_row`: the crosswalk says where it goes; otherwise it follows its town and keeps the end of its code.
    """

    placement: CommunityPlacement  # with its community loaded
    town: Division
    code: str
    name: str
    has_row: bool
    is_open: bool  # it is where the community belongs today


@dataclass(frozen=True, slots=True)
class NewCommunity:
    """A community that the crosswalk says is new."""

    town: Division
    code: str
    name: str


@dataclass(slots=True)
class ChangePlan:
    """Everything that the changes of one day would do. With `problems` (sentences for a person) nothing may be done."""

    effective_on: datetime.date
    changes: Sequence[DivisionChange]
    closing: list[DivisionMove] = field(default_factory=list)
    opening: list[Division] = field(default_factory=list)  # not saved; counties before towns
    moves: list[CommunityMove] = field(default_factory=list)
    new_communities: list[NewCommunity] = field(default_factory=list)
    without_counterpart: list[CommunityMove] = field(default_factory=list)  # of `moves`: the crosswalk found nothing
    untouched: list[CrosswalkRow] = field(default_factory=list)  # nothing found either, but no change concerns them
    unused: list[CrosswalkRow] = field(default_factory=list)  # rows about a community that is not there
    problems: list[str] = field(default_factory=list)

    @property
    def counties(self) -> list[DivisionMove]:
        """The counties that close."""
        return [move for move in self.closing if move.old.level == Division.Level.COUNTY]

    @property
    def towns(self) -> list[DivisionMove]:
        """The towns that close."""
        return [move for move in self.closing if move.old.level == Division.Level.TOWN]

    @property
    def number_of_communities(self) -> int:
        """How many communities get another town, code or name."""
        return len({move.placement.community_id for move in self.moves})
