"""Taking a committed batch back, asked for on its page or by command."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from changzhi_portal.refusals import StaleError
from changzhi_portal.registers.registry import register_named
from uploads.actions.queueing import UNDO_TASK, claim, guarded, load_batch, tell_worker
from uploads.models import UploadBatch
from uploads.progress import Reporter
from uploads.undoing import refuse_unless_undoing, take_back_batch

State = UploadBatch.State


def request_undo(*, batch: UploadBatch, by: Any, queue: bool = True) -> None:
    """Ask for a committed batch to be taken back. Raises PortalError when it is not committed or not the user's."""
    refuse_unless_undoing(batch, register_named(batch.register)(), by)
    with transaction.atomic():
        taken = UploadBatch.objects.filter(pk=batch.pk, state=State.COMMITTED).update(
            state=State.UNDO_QUEUED if queue else State.UNDOING,
            undone_by=by,
            heartbeat_at=timezone.now(),
            attempts=0,
            message="",
            seen_at=None if queue else timezone.now(),
        )
        if not taken:
            raise StaleError("只有已入库的批次可以撤销，请刷新页面查看。", cure="Only a committed batch can be undone.")
        if queue:
            transaction.on_commit(lambda: tell_worker(UNDO_TASK, batch.pk))


def undo_queued_batch(batch_id: int) -> None:
    """What the worker does with a batch whose undoing was asked for; nothing when another worker has taken it."""
    batch = claim(batch_id, expected=State.UNDO_QUEUED, working=State.UNDOING)
    if batch is not None:
        undo_batch(batch)


def undo_batch(batch: UploadBatch) -> UploadBatch:
    """Take a batch in state UNDOING back; ends UNDONE, each written row reversed, kept or failed."""
    guarded(batch, lambda batch: take_back_batch(batch.pk, register_named(batch.register)(), Reporter(batch.ref)))
    return load_batch(batch.pk)
