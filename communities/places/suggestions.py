"""What a misspelt name of a place may have meant."""

from __future__ import annotations

from collections.abc import Iterable

from changzhi_portal.names import community_key
from changzhi_portal.registers.likeness import NearestName
from communities.places.index import PlaceIndex
from communities.places.place import Areas


class Suggestions:
    """The nearest names of places, looked for among those of one kind and area only.

    Endings such as 居委会 are left out of the comparing. Names that have been compared once are kept for the next.
    """

    def __init__(self, index: PlaceIndex) -> None:
        self._index = index
        self._nearest: dict[tuple[str, frozenset[int]], NearestName] = {}

    def county(self, text: str) -> str:
        """Return "，是否为“襄垣县”？" for a near miss among all counties, or nothing."""
        return self._suggestion(text, "county", frozenset())

    def town(self, text: str, counties: Areas) -> str:
        """Return the like of `county` for the towns of these counties."""
        return self._suggestion(text, "town", frozenset(counties))

    def community(self, text: str, areas: Areas) -> str:
        """Return the like of `county` for the communities of these counties and towns."""
        return self._suggestion(text, "community", frozenset(areas))

    def _suggestion(self, text: str, kind: str, areas: frozenset[int]) -> str:
        key = (kind, areas)
        if key not in self._nearest:
            self._nearest[key] = NearestName(self._names(kind, areas), community_key)
        near = self._nearest[key].to(text)
        return f"，是否为“{near}”？" if near else ""

    def _names(self, kind: str, areas: frozenset[int]) -> Iterable[str]:
        if kind == "county":
            return self._index.counties
        if kind == "town":
            return [name for area, name in self._index.towns if area in areas]
        return self._index.community_names_in(areas)
