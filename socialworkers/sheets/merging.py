"""What merging two workers who are one person does, and uploads that still name the duplicate (docs/domain.md §4.11)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.refusals import NotFoundError
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.duplicates import LikelyDuplicate
from changzhi_portal.registers.register import MergedParts
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Write, propose
from communities.sheets.placing import RecordSheet
from socialworkers.actions import copy_moves, remove_copied_moves
from socialworkers.duplicates import NamedWorker, likely_pairs, merge_postings, namesakes
from socialworkers.models import Posting, SocialWorker, TrainingRecord


def division_of_posting(posting: Posting) -> int:
    """Return the key of the town or county that a posting lies in; its community must be loaded."""
    division_id = posting.community.town_id if posting.community else posting.division_id
    if division_id is None:
        raise ValueError("A posting is at a community or at a division.")
    return division_id


def newest_posting_of(record: Any) -> Posting | None:
    """Return the newest posting of a worker, who may have been merged into another; None without any."""
    newest = Posting.with_merged.filter(worker=record, is_newest=True)
    return newest.select_related("community__town", "division").first()


class MergingSheet(RecordSheet):
    """The part of the workers' sheet that is about duplicates. `_digests` are those of the rows' ID numbers, by row."""

    may_be_merged = True
    _digests: dict[int, str]

    @staticmethod
    def inside(keys: set[int], context: CheckContext) -> set[int]:
        """Return those of the workers with these keys who are the office's own."""
        inside: set[int] = set()
        for batch in in_batches(list(keys)):
            mine = SocialWorker.objects.filter(SocialWorker.in_subtree(context.scope_path), pk__in=batch)
            inside |= set(mine.values_list("pk", flat=True))
        return inside

    def note_merged_numbers(
        self, rows: Sequence[RegisterRow], known: dict[str, SocialWorker], context: CheckContext
    ) -> None:
        """Let ID numbers of workers who were merged into another mean the other one.

        Of one that is another office's the number leads to the person, as any number does; its other values are the row's.
        """
        unknown = [number for number in set(self._digests.values()) if number not in known]
        gone: dict[str, SocialWorker] = {}
        for batch in in_batches(unknown):
            found = SocialWorker.with_merged.filter(id_number_digest__in=batch, merged_into__isnull=False)
            gone |= {worker.id_number_digest: worker for worker in found.order_by("pk")}
        if not gone:
            return
        living: dict[int, SocialWorker] = {}
        for batch in in_batches([worker.merged_into_id for worker in gone.values()]):
            standing = context.lock(SocialWorker.objects.filter(pk__in=batch))
            living |= {worker.pk: worker for worker in standing}
        inside = self.inside(set(living), context)
        for row in rows:
            merged = gone.get(self._digests.get(id(row), ""))
            if merged is None:
                continue
            stays = living.get(merged.merged_into_id or 0)
            if stays is not None and stays.pk not in inside:
                known[merged.id_number_digest] = stays
                self._old_keys[id(row)] = {"id_number"}
            else:
                self.note_merged(row, merged)

    def _keys_repeated(self, row: RegisterRow, record: Any) -> set[str]:
        """See RecordSheet._keys_repeated. The number of the duplicate, and the days of its posting that stayed with it."""
        repeated = {"id_number"} if self._digests.get(id(row)) == record.id_number_digest else set()
        return repeated | ({"started_on", "ended_on"} if self._posting_left(row, record) is not None else set())

    def _is_place_of(self, row: RegisterRow, record: Any) -> bool:
        """See RecordSheet._is_place_of. The place of a posting that has stayed with the duplicate."""
        return self._posting_left(row, record) is not None

    def _posting_left(self, row: RegisterRow, record: Any) -> Posting | None:
        """Return the posting of a merged worker that a row repeats and that the other has not; None where it says another."""
        newest = newest_posting_of(record)
        if newest is None or not super()._is_place_of(row, record):
            return None
        if row.get("started_on") not in (None, newest.started_on):
            return None
        joined = Posting.objects.filter(worker=record.merged_into_id, started_on=newest.started_on)
        return None if joined.exists() else newest

    def division_of(self, record: Any) -> int:
        """See RegisterSheet.division_of. That of the newest posting, which decides who sees the worker."""
        newest = newest_posting_of(record)
        if newest is None:
            raise NotFoundError(f"“{record}”没有任职，不属于任何单位。", cure="The worker has no posting.")
        return division_of_posting(newest)

    def place_of(self, record: Any) -> tuple[int | None, ...]:
        """See RegisterSheet.place_of."""
        newest = newest_posting_of(record)
        return () if newest is None else (newest.community_id, newest.division_id)

    def closing_of_merged(self, record: Any, today: datetime.date) -> dict[str, Any]:
        """See RegisterSheet.closing_of_merged. Workers end with their postings (`merge_parts`)."""
        return {}

    def merge_parts(self, kept: Any, merged: Any, *, takes_place: bool, today: datetime.date) -> MergedParts:
        """See RegisterSheet.merge_parts."""
        postings = Posting.with_merged.select_related("community", "division").order_by("-started_on")
        of_kept, of_merged = (list(postings.filter(worker=worker)) for worker in (kept, merged))
        parts = merge_postings(kept, of_kept, of_merged, takes_place=takes_place, today=today)
        writes, told = self._move_hours(kept, merged)
        return MergedParts([*parts.writes, *writes], [*parts.told, *told], parts.copied)

    @staticmethod
    def _move_hours(kept: Any, merged: Any) -> tuple[list[Write], list[str]]:
        """Return the writes that give the hours of a duplicate to the other one, and a sentence on them.

        Those of a training of which the other has hours too stay with the duplicate, so that nothing counts twice.
        """
        known = TrainingRecord.with_merged.filter(worker=kept).values("training")
        coming = TrainingRecord.with_merged.filter(worker=merged).exclude(training__in=known).order_by("pk")
        proposed = (propose(record, {"worker_id": kept.pk}, division_id=0, is_new=False) for record in coming)
        writes = [write for write in proposed if write is not None]
        return writes, [f"{len(writes)}次培训的学时并入保留的记录"] if writes else []

    def after_merge(self, parts: MergedParts, change_set: Any) -> None:
        """See RegisterSheet.after_merge."""
        copy_moves(parts, change_set)

    def after_undoing_merge(self, change_set: Any) -> None:
        """See RegisterSheet.after_undoing_merge."""
        remove_copied_moves(change_set)

    def likely_duplicates(self, scope_path: str, day: datetime.date) -> list[LikelyDuplicate]:
        """See RegisterSheet.likely_duplicates. Namesakes with a second sign; only their numbers are decrypted."""
        rows = self.standing(scope_path, day).order_by("pk").values_list("pk", "name", "phone_digests")
        groups = namesakes(
            NamedWorker(pk, comparable(name), frozenset(phones.split())) for pk, name, phones in rows.distinct()
        )
        numbers: dict[int, str] = {}
        for batch in in_batches([worker.key for group in groups for worker in group]):
            workers = SocialWorker.objects.filter(pk__in=batch).only("ref", "id_number")
            numbers |= {worker.pk: worker.id_number.reveal() for worker in workers}
        return likely_pairs(groups, numbers)
