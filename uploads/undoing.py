"""Taking a committed batch back: one transaction, each written row reversed, kept or failed (spreadsheets.md, promise 5)."""

from __future__ import annotations

from django.db import transaction

from changelog.reversal import Reversal, reverse_change_set
from changzhi_portal.sheets.register import RegisterSheet
from uploads.committing import lock_register
from uploads.models import UploadBatch, UploadRow
from uploads.progress import Reporter

Outcome = UploadRow.UndoOutcome
NOTE_LENGTH = 200


def take_back_batch(batch_id: int, sheet: RegisterSheet, report: Reporter) -> None:
    """Undo a batch in state UNDOING; nothing when somebody else has finished it meanwhile."""
    with transaction.atomic():
        batch = UploadBatch.objects.select_for_update(of=("self",)).select_related("undone_by").get(pk=batch_id)
        if batch.state != UploadBatch.State.UNDOING:
            return
        lock_register(batch.register)
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
