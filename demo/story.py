"""What all registers' stories share: rows month by month, and communities that come to meet a target one after another."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from demo.character import Course
from demo.invention import Invention
from demo.places import DemoCommunity

Row = dict[str, Any]
# By month: all rows in the first one, what is new or has changed in the others.
Story = dict[datetime.date, list[Row]]
Rows = Callable[[DemoCommunity], list[Row]]


class Climb:
    """The communities of one kind in a county, in the order in which they come to meet a target.

    So many as the county's course says meet it at the end of a month; where the course falls, those that came last
    are the first to go.
    """

    def __init__(self, communities: Sequence[DemoCommunity], course: Course, invention: Invention) -> None:
        self._order = invention.shuffled(communities)
        self._course = course
        self._met = 0

    def begin(self, month: datetime.date) -> frozenset[str]:
        """The codes of those that meet the target at the end of the first month."""
        self._met = self._wanted(month)
        return frozenset(community.code for community in self._order[: self._met])

    def rows_of(self, month: datetime.date, *, lift: Rows, drop: Rows) -> Iterator[Row]:
        """What happens in a month, told by `lift` and `drop` for each community that comes to meet the target or stops."""
        wanted = self._wanted(month)
        for community in self._order[self._met : wanted]:
            yield from lift(community)
        for community in reversed(self._order[wanted : self._met]):
            yield from drop(community)
        self._met = wanted

    def _wanted(self, month: datetime.date) -> int:
        return round(self._course.share_in(month) * len(self._order))


def in_order(rows: Sequence[Row], communities: Sequence[DemoCommunity]) -> list[Row]:
    """Rows as lists are kept: community by community, what a town has itself after its communities, the county's last."""
    position = {community.code: number for number, community in enumerate(communities)}
    end_of_town = {community.town: number for number, community in enumerate(communities)}

    def place_of(row: Row) -> tuple[float, int]:
        if row.get("community_code"):
            return position[row["community_code"]], 0
        return end_of_town.get(row.get("town", ""), len(communities)), 1

    return sorted(rows, key=place_of)
