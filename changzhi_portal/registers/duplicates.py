"""Pairs of records of a register that may be one and the same (docs/domain.md §4.11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from itertools import combinations
from typing import NamedTuple

from changzhi_portal.registers.likeness import NameNeighbours


class LikelyDuplicate(NamedTuple):
    """Two records, by their keys, the older one first; and why they may be one, in words."""

    first: int
    second: int
    reason: str


class NamedRecord(NamedTuple):
    """What is compared of a record: its key, its name and the comparable one, where it belongs, its number ("" without).

    Two records with a number each are never one by their names: the numbers differ, or the register would refuse them.
    """

    key: int
    name: str
    name_key: str
    place: Hashable  # the community, or the town or county itself
    town: Hashable  # the town of the community, or the town or county itself
    is_at_community: bool
    number: str = ""


def same_names(records: Iterable[NamedRecord]) -> list[LikelyDuplicate]:
    """Return the pairs of one name at one place, or in one town where one of them has a number or is the town's own.

    Two without a number in two communities are two records: many communities have a 太极拳队.
    """
    named: dict[Hashable, list[NamedRecord]] = defaultdict(list)
    for record in records:
        named[record.town, record.name_key].append(record)
    found = []
    for group in named.values():
        for one, other in combinations(sorted(group), 2):
            if one.number and other.number:
                continue
            is_one_place = one.place == other.place
            if is_one_place or one.number or other.number or not (one.is_at_community and other.is_at_community):
                reason = "同一地方同名" if is_one_place else "同一街道（乡镇）同名"
                found.append(LikelyDuplicate(one.key, other.key, reason))
    return found


def like_names(records: Iterable[NamedRecord]) -> list[LikelyDuplicate]:
    """Return the pairs at one place whose names differ in one character, each record with the first one that is like it."""
    at_place: dict[Hashable, list[NamedRecord]] = defaultdict(list)
    for record in records:
        at_place[record.place].append(record)
    found = []
    for group in at_place.values():
        known, with_name = NameNeighbours(), dict[str, NamedRecord]()
        for record in sorted(group):
            like = known.like(None, record.name)
            other = with_name.get(like or "")
            if other is not None and not (record.number and other.number):
                found.append(LikelyDuplicate(other.key, record.key, "同一地方，名称只差一个字"))
            key = known.add(None, record.name)
            with_name.setdefault(key, record)
    return found
