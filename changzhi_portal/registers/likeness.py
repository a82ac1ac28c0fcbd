"""Names that are nearly the same: one character apart (`similar_name`), or what a misspelt name may have meant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from difflib import get_close_matches
from heapq import nlargest

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

    def add(self, group: Hashable, name: str) -> None:
        """File a name."""
        key = _without_numbers(name)
        if len(key) >= SHORTEST_NAME:
            for form in _forms(key):
                self._filed[group, form].add(key)

    def like(self, group: Hashable, name: str) -> str | None:
        """A filed name of the group that is one character apart from `name`; the same name does not count."""
        key = _without_numbers(name)
        if len(key) < SHORTEST_NAME:
            return None
        for form in _forms(key):
            for other in self._filed.get((group, form), ()):
                if other != key and abs(len(other) - len(key)) <= 1 and _differs_in_substance(key, other):
                    return other
        return None


def _without_numbers(name: str) -> str:
    return comparable(name).translate(_DIGITS)


def _forms(key: str) -> Iterator[str]:
    yield key
    for index in range(len(key)):
        yield f"{key[:index]}{key[index + 1 :]}"


def _differs_in_substance(one: str, other: str) -> bool:
    """Whether they are one replaced, added or dropped character apart, and that character is no numeral."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    return max(len(left), len(right)) == 1 and not (set(left + right) <= _NUMERALS)


class NearestName:
    """Known names, of which the one most like a misspelt name is found; `key_of` says what of a name counts.

    Comparing with each of the city's 3,600 communities would take a file of wrong names minutes: only the few names
    that share the most characters are compared.
    """

    _COMPARED = 12
    _CUTOFF = 0.5

    def __init__(self, names: Iterable[str], key_of: Callable[[str], str]) -> None:
        self._key_of = key_of
        self._names = {key_of(name): name for name in names}
        self._keys_with: defaultdict[str, list[str]] = defaultdict(list)
        for key in self._names:
            for character in set(key):
                self._keys_with[character].append(key)

    def to(self, text: str) -> str | None:
        """The name most like `text`; None when none is near."""
        key = self._key_of(text)
        shared: Counter[str] = Counter()
        # In their order, so that of names equally near the same one is always found.
        for character in dict.fromkeys(key):
            shared.update(self._keys_with.get(character, ()))
        likely = nlargest(self._COMPARED, shared, key=lambda other: shared[other] / (len(other) + len(key)))
        close = get_close_matches(key, likely, n=1, cutoff=self._CUTOFF)
        return self._names[close[0]] if close else None
