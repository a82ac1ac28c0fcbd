"""The best and the weakest divisions of a briefing, and others that are named by their place (docs/domain.md §7.3).

Divisions with the same printed figure share a place: either all of them are named or counted, or none is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, TypeVar

from reports.stored_figures import DivisionFigures, Ranked

_RANKED = 3  # 最好、最差各三个
MOST_NAMED = 5  # that share a place are named up to this many, and counted beyond it

Row = TypeVar("Row")


def tied(rows: Iterable[Row], figure: Callable[[Row], Any]) -> list[list[Row]]:
    """Return consecutive rows with an equal figure as one list each; `rows` are ordered by that figure."""
    return [list(group) for _, group in groupby(rows, key=figure)]


def first_places(places: Sequence[list[Row]], most: int = MOST_NAMED) -> list[Row]:
    """Return the rows of the first places until there are three; further ones than the first only up to `most` rows.

    The first place is returned whole, however many share it.
    """
    chosen = list(places[0]) if places else []
    for place in places[1:]:
        if len(chosen) >= _RANKED or len(chosen) + len(place) > most:
            break
        chosen += place
    return chosen


def best_and_weakest(divisions: Sequence[DivisionFigures]) -> tuple[tuple[Ranked, ...], tuple[Ranked, ...]]:
    """Return the three best and the three weakest by their printed rates, with all that share a place.

    Both are empty when all rates are equal. No division is in both, because neither takes more than half of the
    divisions unless that is one place; so none at 100 % is among the weakest.
    """
    judged = [row for row in divisions if row.judged]
    places = tied(sorted(judged, key=lambda row: (-(row.percent or 0), -row.judged, row.code)), lambda row: row.percent)
    if len(places) == 1:
        return (), ()
    most = min(MOST_NAMED, len(judged) // 2)
    best, weakest = first_places(places, most), first_places(places[::-1], most)
    return tuple(_ranked(row) for row in best), tuple(_ranked(row) for row in weakest)


def _ranked(row: DivisionFigures) -> Ranked:
    return Ranked(code=row.code, name=row.name, percent=row.percent)
