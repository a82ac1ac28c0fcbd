"""Taking a committed batch back: one transaction, each written row reversed, kept or failed (docs/spreadsheets.md §4.5)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import transaction

from changelog.models import ChangeRecord, RegisterLock
from changelog.reversal import Reversal, reverse_change_set
from changzhi_portal.jobs import Claim
from changzhi_portal.refusals import LockedError, NotAllowedError
from changzhi_portal.registers.register import RegisterSheet
from periods.models import ReportingPeriod
from uploads.models import UploadBatch, UploadRow
from uploads.progress import Reporter

Outcome = UploadRow.UndoOutcome
NOTE_LENGTH = 200


def take_back_batch(claim: Claim[UploadBatch], sheet: RegisterSheet, report: Reporter) -> None:
    """Undo a claimed batch in one transaction that holds it.

    Raises PortalError when whoever asked for it has lost the right to since, or a month has been locked, and
    ClaimLostError when another worker has the batch or has finished it.
    """
    with transaction.atomic():
        batch = claim.hold(UploadBatch.objects.select_related("undone_by__division"))
        RegisterLock.objects.lock(batch.register)
        if sheet.has_dated_figures:
            ReportingPeriod.objects.keep_from_locking()
        refuse_unless_undoing(batch, sheet, batch.undone_by)
        report.step("撤销入库")
        change_set = batch.change_sets.filter(reverses__isnull=True).first()
        result = Reversal()
        if change_set is not None:
            result = reverse_change_set(change_set, by=batch.undone_by, models_in_order=sheet.writes_to)
        _mark_rows(batch, result)
        batch.state = UploadBatch.State.UNDONE
        batch.undo_reversed, batch.undo_kept = len(result.reversed), len(result.kept)
        batch.undo_failed = len(result.failed)
        batch.message = f"已撤销{len(result.reversed)}行，保留{len(result.kept)}行（入库后又有修改），未能撤销{len(result.failed)}行。"
        batch.save(update_fields=["state", "message", "undo_reversed", "undo_kept", "undo_failed"])
        if result.reversed and change_set is not None:
            sheet.notify_offices_left_undone(change_set)


def refuse_unless_undoing(batch: UploadBatch, sheet: RegisterSheet, by: Any) -> None:
    """Raise PortalError for a batch that is not the user's to take back.

    Undoing alters figures of a locked month as uploading does, and takes the same right.
    """
    if not batch.may_be_handled_by(by):
        raise NotAllowedError(
            f"这个批次不能由{by}撤销，请由本单位填报员或市局办理。", cure="This user may not undo this batch."
        )
    if by.role.may_alter_locked_months:
        return
    records: defaultdict[str, list[int]] = defaultdict(list)
    for model, key in ChangeRecord.objects.filter(change_set__batch=batch).values_list("model", "object_id"):
        records[model].append(key)
    locked = ReportingPeriod.objects.locked().filter(month__in=sheet.months_written(records)).order_by("month")
    if locked:
        named = "、".join(str(period) for period in locked)
        raise LockedError(
            f"这个批次写入了{named}的数据，月份已锁定，只有市局可以撤销，请联系市局业务员。",
            cure="The batch wrote figures of a locked month: only the bureau may undo it.",
        )


def _mark_rows(batch: UploadBatch, result: Reversal) -> None:
    """Write each row's end; all reversed rows in one statement, the others by their note."""
    written = batch.staged_rows.filter(outcome__in=(UploadRow.Outcome.NEW, UploadRow.Outcome.CHANGED))
    left = result.kept.keys() | result.failed.keys()
    written.update(undo_outcome=Outcome.REVERSED, undo_note="")
    rows = list(batch.staged_rows.filter(position__in=left)) if left else []
    for row in rows:
        is_kept = row.position in result.kept
        row.undo_outcome = Outcome.KEPT if is_kept else Outcome.FAILED
        row.undo_note = (result.kept if is_kept else result.failed)[row.position][:NOTE_LENGTH]
    UploadRow.objects.bulk_update(rows, ["undo_outcome", "undo_note"], batch_size=1_000)
