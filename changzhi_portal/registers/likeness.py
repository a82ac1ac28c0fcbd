"""Names that are nearly the same: one character apart (`similar_name`), or what a misspelt name may have meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator

from rapidfuzz.distance import OSA, Levenshtein
from rapidfuzz.process import extractOne

from changzhi_portal.names import comparable

SHORTEST_NAME = 4  # shorter names are too easily one character apart
_DIGITS = str.maketrans("", "", "0123456789")
_NUMERALS = frozenset("一二三四五六七八九十甲乙丙丁东西南北中上下前后大小老新")


class NameNeighbours:
    """Names by group (a town, a community), found by any name that differs in one character.

    Each name is filed under every way of leaving one character out, so that a look-up costs its length, not the
    number of names. A difference in numbers or directions only (一队/二队, 第3组/第4组, 东街/西街) is no likeness.
    """

    def __init__(self) -> None:
        self._filed: dict[tuple[Hashable, str], set[str]] = defaultdict(set)

    def add(self, group: Hashable, name: str) -> str:
        """File a name, and return it as `like` would."""
        key = _without_numbers(name)
        if len(key) >= SHORTEST_NAME:
            for form in _forms(key):
                self._filed[group, form].add(key)
        return key

    def like(self, group: Hashable, name: str) -> str | None:
        """Return a filed name of the group that is one character apart from `name`; the same name does not count."""
        key = _without_numbers(name)
        if len(key) < SHORTEST_NAME:
            return None
        for form in _forms(key):
            for other in self._filed.get((group, form), ()):
                if _differs_in_substance(key, other):
                    return other
        return None


def _without_numbers(name: str) -> str:
    return comparable(name).translate(_DIGITS)


def _forms(key: str) -> Iterator[str]:
    yield key
    for index in range(len(key)):
        yield f"{key[:index]}{key[index + 1 :]}"


def _differs_in_substance(one: str, other: str) -> bool:
    """Tell whether two names are one replaced, added or dropped character apart, and not by numerals only."""
    if Levenshtein.distance(one, other, score_cutoff=1) != 1:
        return False
    (edit,) = Levenshtein.editops(one, other)
    left = "" if edit.tag == "insert" else one[edit.src_pos]
    right = "" if edit.tag == "delete" else other[edit.dest_pos]
    return not _NUMERALS.issuperset(left + right)


class NearestName:
    """Known names, of which the one most like a misspelt name is found; `key_of` says what of a name counts.

    Likeness is the share of characters that need not be replaced, added, dropped or swapped with their neighbour
    (optimal string alignment): what a slip of the hand does to a name.
    """

    _CUTOFF = 0.5  # below it, more than half of the name would be changed

    def __init__(self, names: Iterable[str], key_of: Callable[[str], str]) -> None:
        self._key_of = key_of
        self._names = {key_of(name): name for name in names}
        self._keys = sorted(self._names)  # so that of names equally near the same one is always found

    def to(self, text: str) -> str | None:
        """Return the name most like `text`, or None when none is near."""
        near = extractOne(self._key_of(text), self._keys, scorer=OSA.normalized_similarity, score_cutoff=self._CUTOFF)
        return self._names[near[0]] if near else None
