"""The plan of the changes of one day: divisions that close and open, communities that move."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from communities.models import CommunityPlacement, CrosswalkRow, Division, DivisionChange


@dataclass(slots=True)
class DivisionMove:
    """A division that closes and its successors; `successor` is the one that gets most of its communities.

    `change` is None for a town that only follows its county.
    """

    old: Division
    successors: list[Division]
    change: DivisionChange | None
    successor: Division = field(init=False)

    def __post_init__(self) -> None:
        self.successor = self.successors[0]


@dataclass(frozen=True, slots=True)
class CommunityMove:
    """A placement that ends on the plan's day, and the town, code and name of the next one.

    Without a row of the crosswalk (`has_row`) the community follows its town and keeps its number.
    """

    placement: CommunityPlacement  # with its community loaded
    town: Division
    code: str
    name: str
    has_row: bool
    is_open: bool  # whether it is the community's current placement


@dataclass(frozen=True, slots=True)
class NewCommunity:
    """A community that is new in the crosswalk."""

    town: Division
    code: str
    name: str


@dataclass(slots=True)
class ChangePlan:
    """The effects of the changes of one day. A plan with `problems` (Chinese sentences) cannot be applied."""

    effective_on: datetime.date
    changes: Sequence[DivisionChange]
    closing: list[DivisionMove] = field(default_factory=list)
    opening: list[Division] = field(default_factory=list)  # not saved; counties before towns
    moves: list[CommunityMove] = field(default_factory=list)
    new_communities: list[NewCommunity] = field(default_factory=list)
    without_counterpart: list[CommunityMove] = field(default_factory=list)  # of `moves`: rows without a counterpart
    untouched: list[CrosswalkRow] = field(default_factory=list)  # rows without a counterpart of unaffected communities
    unused: list[CrosswalkRow] = field(default_factory=list)  # rows of communities that do not exist
    problems: list[str] = field(default_factory=list)

    @property
    def counties(self) -> list[DivisionMove]:
        """Return the counties that close."""
        return [move for move in self.closing if move.old.level == Division.Level.COUNTY]

    @property
    def towns(self) -> list[DivisionMove]:
        """Return the towns that close."""
        return [move for move in self.closing if move.old.level == Division.Level.TOWN]

    @property
    def number_of_communities(self) -> int:
        """Return how many communities get another town, code or name."""
        return len({move.placement.community_id for move in self.moves})
