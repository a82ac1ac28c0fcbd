"""Workers who are registered twice: which pairs may be one person, and what merging does to their postings (docs/domain.md §4.11).

Two ID numbers are two people unless a second sign speaks against it. Numbers are decrypted here and compared in memory;
nothing of them leaves this module.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from changzhi_portal.refusals import InvalidError
from changzhi_portal.registers.duplicates import LikelyDuplicate
from changzhi_portal.registers.register import MergedParts
from changzhi_portal.registers.writes import Write, propose
from socialworkers.models import Posting

SAME_PHONE = "同名，联系电话相同"
ALIKE_NUMBERS = "同名，出生日期相同，身份证号只差一位或相邻两位对调"
OLD_NUMBER = "同名，一个是15位、一个是18位的同一个身份证号"
_COPIED = (
    "community_id",
    "division_id",
    "position",
    "is_community_worker",
    "recruited_by",
    "started_on",
    "ended_on",
)


class NamedWorker(NamedTuple):
    """What is compared of a worker: the key, the comparable name, and the digests of the phones."""

    key: int
    name_key: str
    phones: frozenset[str]


def namesakes(workers: Iterable[NamedWorker]) -> list[list[NamedWorker]]:
    """Return the groups of workers of one name, in the order of their keys; those alone of their name are left out."""
    named: defaultdict[str, list[NamedWorker]] = defaultdict(list)
    for worker in sorted(workers):
        named[worker.name_key].append(worker)
    return [group for group in named.values() if len(group) > 1]


def likely_pairs(groups: Iterable[Sequence[NamedWorker]], numbers: Mapping[int, str]) -> list[LikelyDuplicate]:
    """Return the pairs of namesakes with a second sign; `numbers` gives their plain ID numbers by key."""
    found = []
    for group in groups:
        for one, other in combinations(group, 2):
            reason = _second_sign(one, other, numbers)
            if reason:
                found.append(LikelyDuplicate(one.key, other.key, reason))
    return sorted(found)


def _second_sign(one: NamedWorker, other: NamedWorker, numbers: Mapping[int, str]) -> str:
    if is_old_form(numbers[one.key], numbers[other.key]):
        return OLD_NUMBER
    if are_nearly_one(numbers[one.key], numbers[other.key]):
        return ALIKE_NUMBERS
    return SAME_PHONE if one.phones & other.phones else ""


def is_old_form(one: str, other: str) -> bool:
    """Tell whether one of two ID numbers is the other's of the first generation: 15 digits, YYMMDD, no check character."""
    short, long = sorted((one, other), key=len)
    return (len(short), len(long)) == (15, 18) and short == f"{long[:6]}{long[8:17]}"


def are_nearly_one(one: str, other: str) -> bool:
    """Tell whether two ID numbers of one birth date are one digit, or two swapped neighbours, apart.

    The check character (the 18th) is left out: it follows from the others, so that two valid numbers never differ in one
    character alone.
    """
    if len(one) != 18 or len(other) != 18 or one[6:14] != other[6:14]:
        return False
    at = [place for place in range(17) if one[place] != other[place]]
    if len(at) == 1:
        return True
    is_swap = len(at) == 2 and at[1] == at[0] + 1
    return is_swap and (one[at[0]], one[at[1]]) == (other[at[1]], other[at[0]])


# --- Postings ---


def merge_postings(
    kept: Any, of_kept: Sequence[Posting], of_merged: Sequence[Posting], *, takes_place: bool, today: datetime.date
) -> MergedParts:
    """Return what becomes of the postings, each list newest first, of two workers who are one.

    Those of the duplicate that the other had not are added to the other; one that overlaps stays with the duplicate, so that
    nobody is counted at two places. The open one of the duplicate ends today. `takes_place` says that the duplicate's newest
    posting is the one that holds today: it then ends the other's. Raises InvalidError where that one is not the later one.
    """
    writes: list[Write | None] = []
    told: list[str] = []
    copied: list[tuple[Write, int]] = []
    lasting = [_span(posting) for posting in of_kept]
    newest, joining = (of_kept[0] if of_kept else None), of_merged[0] if of_merged else None
    if takes_place and newest is not None and joining is not None:
        if joining.started_on <= newest.started_on:
            raise InvalidError(
                "被并入的记录到岗更早，不能作为现在的任职。请保留原来的地方，或者对调两条记录再合并。",
                cure="The posting of the merged worker is not the later one. Swap the two records.",
                field="place",
            )
        values: dict[str, Any] = {"is_newest": False}
        if newest.ended_on is None or newest.ended_on > joining.started_on:
            values["ended_on"] = joining.started_on
            told.append(f"保留的记录在“{_where(newest)}”的任职于{joining.started_on}结束")
        lasting[0] = (newest.started_on, values.get("ended_on", newest.ended_on))
        writes.append(propose(newest, values, division_id=0, is_new=False))
    for posting in reversed(of_merged):
        is_joining = posting is joining
        # The newest one of the duplicate, where the other's place is kept, is no posting after the one that holds today.
        is_too_late = not takes_place and newest is not None and posting.started_on > newest.started_on
        if is_too_late or any(_overlap(_span(posting), span) for span in lasting):
            told.append(f"{_in_words(posting)}的任职与保留的任职重叠，或者更晚，留在被并入的记录里，不再统计")
            continue
        lasting.append(_span(posting))
        values = {name: getattr(posting, name) for name in _COPIED}
        values["is_newest"] = newest is None or (takes_place and is_joining)
        copy = propose(Posting(worker=kept), values, division_id=0, is_new=True)
        if copy is not None:
            writes.append(copy)
            copied.append((copy, posting.pk))
        told.append(f"{_in_words(posting)}的任职并入保留的记录")
    for posting in of_merged:
        if posting.ended_on is None:
            last_day = max(today, posting.started_on)
            writes.append(propose(posting, {"ended_on": last_day}, division_id=0, is_new=False))
    return MergedParts([write for write in writes if write is not None], told, copied)


Span = tuple[datetime.date, datetime.date | None]


def _span(posting: Posting) -> Span:
    return posting.started_on, posting.ended_on


def _overlap(one: Span, other: Span) -> bool:
    """Tell whether two postings share a day, or begin on one (the last day of one may be the first of the other)."""
    if one[0] == other[0]:
        return True
    earlier, later = sorted((one, other), key=lambda span: span[0])
    return earlier[1] is None or earlier[1] > later[0]


def _where(posting: Posting) -> str:
    place = posting.community if posting.community is not None else posting.division
    return place.name if place is not None else ""


def _in_words(posting: Posting) -> str:
    until = f"至{posting.ended_on}" if posting.ended_on is not None else "起"
    return f"{posting.started_on}{until}在“{_where(posting)}”"
