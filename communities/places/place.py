"""What a place is to a row of a register, and why none was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class PlaceNotFoundError(Exception):
    """No place, or more than one, or one outside the scope. `code` is the problem code, `part` the text at fault."""

    def __init__(self, code: str, part: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.part = part  # county, town, community_name or community_code


class KnownCommunity(NamedTuple):
    """A community of the scope, as far as finding it needs. Every check of a file makes one of each community."""

    id: int
    town_id: int
    county_id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row belongs: a community, or (then `community` is None) a town or county itself."""

    division_id: int  # the community's town, or the division itself
    community: KnownCommunity | None
    old_parts: tuple[str, ...] = ()  # which texts used a name or code that is not today's
    formerly: int | None = None  # the closed community that the texts name, whose place this one has taken


# Keys of counties and towns of any time.
Areas = set[int]
