"""Rows by month, shared by all registers of the demo, and the order in which communities come to meet a target."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from demo.county_profiles import ShareCurve
from demo.fake_data import FakeData
from demo.places import DemoCommunity

Row = dict[str, Any]
# By month: all rows in the first month, new and changed ones in the others.
RowsByMonth = dict[datetime.date, list[Row]]
Rows = Callable[[DemoCommunity], list[Row]]


class TargetProgress:
    """The communities of one kind in a county, in the order in which they come to meet a target.

    The county's share curve sets how many meet it at the end of a month; where the curve falls, those that came to meet
    it last are the first to miss it again.
    """

    def __init__(self, communities: Sequence[DemoCommunity], curve: ShareCurve, fake: FakeData) -> None:
        self._order = fake.shuffled(communities)
        self._curve = curve
        self._met = 0

    def start(self, month: datetime.date) -> frozenset[str]:
        """Return the codes of the communities that meet the target at the end of the first month."""
        self._met = self._number_meeting(month)
        return frozenset(community.code for community in self._order[: self._met])

    def rows_in(self, month: datetime.date, *, gain: Rows, lose: Rows) -> Iterator[Row]:
        """Yield the rows of a month: `gain(community)` where one starts to meet the target, `lose(community)` where it stops."""
        number = self._number_meeting(month)
        for community in self._order[self._met : number]:
            yield from gain(community)
        for community in reversed(self._order[number : self._met]):
            yield from lose(community)
        self._met = number

    def _number_meeting(self, month: datetime.date) -> int:
        return round(self._curve.share_in(month) * len(self._order))


def sorted_by_place(rows: Sequence[Row], communities: Sequence[DemoCommunity]) -> list[Row]:
    """Return the rows sorted by community, a town's own rows after those of its communities, the county's last."""
    position = {community.code: number for number, community in enumerate(communities)}
    end_of_town = {community.town: number for number, community in enumerate(communities)}

    def place_of(row: Row) -> tuple[float, int]:
        if row.get("community_code"):
            return position[row["community_code"]], 0
        return end_of_town.get(row.get("town", ""), len(communities)), 1

    return sorted(rows, key=place_of)
