"""The best and the weakest divisions of a briefing, and others that are named by their place (docs/domain.md §7.3).

Divisions with the same printed figure share a place: either all of them are named or counted, or none is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any, TypeVar

from reports.stored_figures import DivisionFigures

_RANKED = 3  # 最好、最差各三个
MOST_NAMED = 5  # that share a place are named up to this many, and counted beyond it

Row = TypeVar("Row")


def tied(rows: Iterable[Row], figure: Callable[[Row], Any]) -> list[list[Row]]:
    """Return consecutive rows with an equal figure as one list each; `rows` are ordered by that figure."""
    return [list(group) for _, group in groupby(rows, key=figure)]


def first_places(places: Sequence[list[Row]], most: int = MOST_NAMED) -> list[list[Row]]:
    """Return the first places until they have three rows; further ones than the first only up to `most` rows.

    The first place is returned whole, however many share it.
    """
    chosen = list(places[:1])
    for place in places[1:]:
        number = sum(map(len, chosen))
        if number >= _RANKED or number + len(place) > most:
            break
        chosen.append(place)
    return chosen


def in_one_list(places: Iterable[list[Row]]) -> list[Row]:
    """Return the rows of the places, one after the other."""
    return list(chain.from_iterable(places))


@dataclass(frozen=True)
class Order:
    """The divisions under one target by their printed rates.

    `places` are all ranked ones, the best place first. `best` and `weakest` are some of these, the weakest place first;
    both are empty where all stand alike. `unreported` are not ranked: their rates reflect who has reported.
    """

    places: tuple[list[DivisionFigures], ...]
    best: tuple[list[DivisionFigures], ...]
    weakest: tuple[list[DivisionFigures], ...]
    unreported: tuple[DivisionFigures, ...]

    @property
    def ranked(self) -> int:
        """Return the number of ranked divisions."""
        return sum(map(len, self.places))


def order_of(divisions: Sequence[DivisionFigures]) -> Order:
    """Return the order of the divisions, with the three best and the three weakest and all that share a place.

    No division is among the best and the weakest, because neither takes more than half of the divisions unless that is
    one place; so none at 100 % is among the weakest. A division of whose units more than half are unknown is not
    ranked, as it has no trend either (`targets.series`).
    """
    judged = [row for row in divisions if row.judged]
    unreported = tuple(row for row in judged if 2 * row.unknown > row.judged)
    ranked = sorted(
        (row for row in judged if 2 * row.unknown <= row.judged),
        key=lambda row: (-(row.percent or 0), -row.judged, row.code),
    )
    places = tied(ranked, lambda row: row.percent)
    if len(places) < 2:
        return Order(tuple(places), (), (), unreported)
    most = min(MOST_NAMED, len(ranked) // 2)
    best, weakest = first_places(places, most), first_places(places[::-1], most)
    return Order(tuple(places), tuple(best), tuple(weakest), unreported)
