"""Undoing of a committed batch: requesting it, and reversing each written row, of all its commits (docs/spreadsheets.md §4.5)."""

from __future__ import annotations

from collections import defaultdict

from django.db import transaction
from django.utils import timezone

from changelog.actions import Reversal, reverse_change_set
from changelog.models import ChangeRecord, RegisterLock
from changzhi_portal.jobs import Claim
from changzhi_portal.refusals import LockedError, NotAllowedError, StaleError
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_named
from changzhi_portal.rights import Actor
from periods.models import ReportingPeriod
from uploads.actions.rest import leave_out_rest
from uploads.jobs import UNDO, load_batch, work_on
from uploads.models import UploadBatch, UploadRow
from uploads.outcome_notices import notify_uploader
from uploads.progress import Reporter

State = UploadBatch.State
UndoOutcome = UploadRow.UndoOutcome
NOTE_LENGTH = 200


def request_undo(*, batch: UploadBatch, by: Actor, queue: bool = True) -> None:
    """Request that a committed batch is undone; remaining rows that wait for a decision are left out.

    Raises PortalError if it is not committed or not the user's to undo.
    """
    _refuse_unless_allowed(batch, register_named(batch.register)(), by)
    with transaction.atomic():
        locked = UploadBatch.objects.locked().get(pk=batch.pk)
        if locked.rest and locked.can_be_undone:
            leave_out_rest(locked, by=by)
            locked.save()
        taken = UploadBatch.objects.filter(pk=batch.pk, state=State.COMMITTED).update(
            **(UNDO.queued() if queue else UNDO.begun()),
            undone_by_id=by.pk,
            notifies_uploader=queue,
        )
        if not taken:
            raise StaleError(
                "只有已入库的批次可以撤销；请看它现在的状态。", cure="Only a committed batch can be undone."
            )
        if queue:
            UNDO.announce(batch.pk)


def undo_queued_batch(batch_id: int) -> bool:
    """Undo a batch whose undoing was requested; return False, with nothing done, when another worker has taken it."""
    claim = UNDO.claim(batch_id, taken_at=timezone.now())
    if claim is None:
        return False
    work_on(claim, _undo)
    return True


def undo_batch(batch: UploadBatch) -> UploadBatch:
    """Undo a batch in state UNDOING that the caller has begun; return the updated batch.

    It ends UNDONE, each written row reversed, kept or failed; or COMMITTED as before, with a message.
    """
    work_on(UNDO.claim_of(load_batch(batch.pk)), _undo)
    return load_batch(batch.pk)


def _undo(claim: Claim[UploadBatch]) -> None:
    batch = load_batch(claim.key)
    _take_back(claim, register_named(batch.register)(), Reporter(batch.ref))


def _take_back(claim: Claim[UploadBatch], sheet: RegisterSheet, report: Reporter) -> None:
    """Undo a claimed batch in one transaction that locks it.

    Raises PortalError when the user who requested it has lost the right since, or a month has been locked, and
    ClaimLostError when another worker has the batch or has finished it.
    """
    with transaction.atomic():
        batch = claim.hold(UploadBatch.objects.select_related("undone_by__division", "uploaded_by"))
        RegisterLock.objects.lock(batch.register)
        if sheet.has_dated_figures:
            ReportingPeriod.objects.keep_from_locking()
        by = _refuse_unless_allowed(batch, sheet, batch.undone_by)
        report.step("撤销入库")
        result = Reversal()
        for change_set in batch.written_change_sets:
            reversal = reverse_change_set(change_set, by=by, models_in_order=sheet.writes_to)
            result.reversed |= reversal.reversed
            result.kept |= reversal.kept
            result.failed |= reversal.failed
            if reversal.reversed:
                sheet.notify_offices_left_undone(change_set)
        _mark_rows(batch, result)
        batch.state = State.UNDONE
        batch.undo_reversed, batch.undo_kept = len(result.reversed), len(result.kept)
        batch.undo_failed = len(result.failed)
        batch.message = f"已撤销{len(result.reversed)}行，保留{len(result.kept)}行（入库后又有修改），未能撤销{len(result.failed)}行。"
        batch.save(update_fields=["state", "message", "undo_reversed", "undo_kept", "undo_failed"])
        notify_uploader(batch)


def _refuse_unless_allowed(batch: UploadBatch, sheet: RegisterSheet, by: Actor | None) -> Actor:
    """Return the user; raise PortalError for a batch that is not the user's to undo.

    Undoing alters figures of a locked month as uploading does, and needs the same right.
    """
    if by is None or not batch.may_be_handled_by(by):
        raise NotAllowedError(
            f"这个批次不能由{by}撤销，请由本单位填报员或市局办理。", cure="This user may not undo this batch."
        )
    if by.role.may_alter_locked_months:
        return by
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
    return by


def _mark_rows(batch: UploadBatch, result: Reversal) -> None:
    """Write the result for each written row: all reversed rows in one statement, the others with their note."""
    left = result.kept.keys() | result.failed.keys()
    batch.staged_rows.written().update(undo_outcome=UndoOutcome.REVERSED, undo_note="")
    rows = list(batch.staged_rows.filter(position__in=left)) if left else []
    for row in rows:
        is_kept = row.position in result.kept
        row.undo_outcome = UndoOutcome.KEPT if is_kept else UndoOutcome.FAILED
        row.undo_note = (result.kept if is_kept else result.failed)[row.position][:NOTE_LENGTH]
    UploadRow.objects.bulk_update(rows, ["undo_outcome", "undo_note"], batch_size=1_000)
