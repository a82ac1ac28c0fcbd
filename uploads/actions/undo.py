"""Taking a committed batch back, asked for on its page or by command."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from changzhi_portal.jobs import Claim
from changzhi_portal.refusals import StaleError
from changzhi_portal.registers.registry import register_named
from uploads.jobs import UNDO, load_batch, work_on
from uploads.models import UploadBatch
from uploads.progress import Reporter
from uploads.undoing import refuse_unless_undoing, take_back_batch

State = UploadBatch.State


def request_undo(*, batch: UploadBatch, by: Any, queue: bool = True) -> None:
    """Ask for a committed batch to be taken back. Raises PortalError when it is not committed or not the user's."""
    refuse_unless_undoing(batch, register_named(batch.register)(), by)
    with transaction.atomic():
        taken = UploadBatch.objects.filter(pk=batch.pk, state=State.COMMITTED).update(
            **(UNDO.queued() if queue else UNDO.begun()),
            undone_by=by,
            seen_at=None if queue else timezone.now(),
        )
        if not taken:
            raise StaleError("只有已入库的批次可以撤销，请刷新页面查看。", cure="Only a committed batch can be undone.")
        if queue:
            UNDO.announce(batch.pk)


def undo_queued_batch(batch_id: int) -> None:
    """Undo a batch whose undoing was asked for, as the worker does; do nothing when another worker has taken it."""
    claim = UNDO.claim(batch_id)
    if claim is not None:
        work_on(claim, _undo)


def undo_batch(batch: UploadBatch) -> UploadBatch:
    """Take a batch in state UNDOING back that the caller has begun; return it as it is then.

    It ends UNDONE, each written row reversed, kept or failed; or COMMITTED as before, with a message.
    """
    work_on(UNDO.claim_of(load_batch(batch.pk)), _undo)
    return load_batch(batch.pk)


def _undo(claim: Claim[UploadBatch]) -> None:
    batch = load_batch(claim.key)
    take_back_batch(claim, register_named(batch.register)(), Reporter(batch.ref))
