"""What merging two workers writes beside the change log: where copied postings counted before (docs/domain.md §4.11)."""

from __future__ import annotations

from typing import Any

from changzhi_portal.bulk import insert_rows
from changzhi_portal.registers.register import MergedParts
from communities.models import RecordMove
from socialworkers.models import Posting


def copy_moves(parts: MergedParts, change_set: Any) -> None:
    """Give the copied postings of a merge the moves of those that they are copies of (ADR 0021).

    A copied posting counts for earlier months where the first one did. Must run in the transaction that merges.
    """
    copies = {key: write.instance.pk for write, key in parts.copied}
    moves = list(RecordMove.objects.of_model(Posting).filter(record_id__in=list(copies)))
    for move in moves:
        move.pk, move.record_id, move.change_set = None, copies[move.record_id], change_set
    insert_rows(RecordMove, moves)


def remove_copied_moves(change_set: Any) -> None:
    """Remove what `copy_moves` has written with a change set. Must run in the transaction that takes the merge back."""
    RecordMove.objects.of_model(Posting).filter(change_set=change_set).delete()
