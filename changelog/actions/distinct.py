"""Saying that two records which look like one are two, so that nobody is shown the pair again (docs/domain.md §4.11)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from changelog.actions.edit import refuse_unless_may_edit
from changelog.actions.merge import find_pair
from changelog.models import DistinctPair
from changzhi_portal.registers.duplicates import LikelyDuplicate
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.rights import Actor


def mark_distinct(*, register: RegisterSheet, refs: tuple[str, str], by: Actor) -> DistinctPair:
    """Keep that the two records with these refs are two; nothing changes where it is known already.

    Raises NotAllowedError, NotFoundError unless both stand in the person's area, InvalidError for one record given twice.
    """
    refuse_unless_may_edit(by)
    with transaction.atomic():
        pair = find_pair(register=register, kept=refs[0], merged=refs[1], by=by)
        first, second = sorted((pair.kept, pair.merged), key=lambda record: int(record.pk))
        found, _ = DistinctPair.objects.get_or_create(
            register=register.name,
            first_key=first.pk,
            second_key=second.pk,
            defaults={"division_id": register.division_of(first), "made_by_id": by.pk},
        )
    return found


def unmark_distinct(*, register: RegisterSheet, refs: tuple[str, str], by: Actor) -> None:
    """Let the pair be listed again; see `mark_distinct`, which says what it raises."""
    refuse_unless_may_edit(by)
    with transaction.atomic():
        pair = find_pair(register=register, kept=refs[0], merged=refs[1], by=by)
        keys = sorted((pair.kept.pk, pair.merged.pk))
        DistinctPair.objects.filter(register=register.name, first_key=keys[0], second_key=keys[1]).delete()


def distinct_among(register: RegisterSheet, pairs: Sequence[LikelyDuplicate]) -> dict[tuple[int, int], DistinctPair]:
    """Return, by the keys of both records, those of the pairs that somebody has said to be two; one query.

    Whoever has said it, of whichever office: the pairs themselves are the reader's own.
    """
    wanted = {(pair.first, pair.second) for pair in pairs}
    known = DistinctPair.objects.filter(register=register.name).select_related("made_by")
    return {(each.first_key, each.second_key): each for each in known if (each.first_key, each.second_key) in wanted}
