"""The plan of the changes of one day: divisions that close and open, communities that move."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from communities.models import Community, CommunityPlacement, CrosswalkRow, Division, DivisionChange


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
    """A community that is new in the crosswalk, or that several parts of others become (then `receiver`)."""

    town: Division
    code: str
    name: str
    receiver: Receiver | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Where one community goes: a row of the crosswalk, or a change of a community (then `change`).

    Without `from_code` a community is founded, without `to_code` one closes.
    """

    from_code: str
    from_name: str
    to_code: str
    to_name: str
    to_town_name: str = ""
    change: DivisionChange | None = None


@dataclass(slots=True)
class Receiver:
    """The community that has a code after the plan: one that goes on, or (until it is created) a new one."""

    code: str
    name: str
    town: Division
    community: Community | None = None
    households: int | None = None  # newly given
    residents: int | None = None

    @property
    def is_new(self) -> bool:
        """Return whether the plan founds it."""
        return self.community is None


@dataclass(frozen=True, slots=True)
class CommunityEnding:
    """A community that closes on the plan's day, and the one that takes its place; None when nothing does."""

    placement: CommunityPlacement  # with its community and town loaded
    into: Receiver | None

    @property
    def community(self) -> Community:
        """Return the community that closes."""
        return self.placement.community


@dataclass(frozen=True, slots=True)
class Handover:
    """Records that go from a community to another one: those with the keys in `records` by model, or all the rest."""

    source: Community
    into: Receiver
    records: Mapping[str, Sequence[int]] | None = None


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
    receivers: dict[str, Receiver] = field(default_factory=dict)  # of villages that merge or split, by their new code
    endings: list[CommunityEnding] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)  # those of single records come first
    untouched: list[CrosswalkRow] = field(default_factory=list)  # rows without a counterpart of unaffected communities
    unused: list[CrosswalkRow] = field(default_factory=list)  # rows of communities that do not exist
    problems: list[str] = field(default_factory=list)

    def goes_on_as(self, community: Community) -> str:
        """Return the code of what a community becomes, to which its records go that nobody allots; "" if it just closes."""
        for receiver in self.receivers.values():
            if receiver.community is not None and receiver.community.pk == community.pk:
                return receiver.code
        into = next((each.into for each in self.endings if each.community.pk == community.pk), None)
        return into.code if into is not None else ""

    def add_move(self, placement: CommunityPlacement, town: Division, code: str, name: str, *, has_row: bool) -> bool:
        """Add the move of a placement unless it changes nothing; return whether it was added."""
        if (placement.town, placement.code, placement.name) == (town, code, name):
            return False
        self.moves.append(CommunityMove(placement, town, code, name, has_row, is_open=placement.valid_to is None))
        return True

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

    @property
    def village_changes(self) -> list[DivisionChange]:
        """Return the changes of communities."""
        return [change for change in self.changes if change.is_of_village]

    @property
    def division_changes(self) -> list[DivisionChange]:
        """Return the changes of counties and towns."""
        return [change for change in self.changes if not change.is_of_village]
