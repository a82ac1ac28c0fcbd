"""Discarding of a batch that waits for a decision: its contents go, the record of it stays (docs/spreadsheets.md §4.8)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from changelog.trail import TrailKind, record_event
from changzhi_portal.refusals import NotAllowedError, StaleError
from changzhi_portal.rights import Actor
from uploads import storage
from uploads.models import UploadBatch
from uploads.outcome_notices import notify_uploader

# What the file said; register, month, file name, digest and counters stay.
_CONTENTS = {
    "problems": [],
    "mapping": [],
    "growth": [],
    "problem_counts": {},
    "corrections": [],
    "left_out_rows": [],
    "message": "",
}


def discard_batch(*, batch: UploadBatch, by: Actor) -> None:
    """Discard a batch that has written nothing: delete its staged rows, its corrections and its stored file.

    The uploader gets a notice when somebody else has done it. Raises NotAllowedError for a batch that is not the user's
    to handle, StaleError for one that is being worked on, has written something, or has been discarded.
    """
    if not batch.may_be_handled_by(by):
        raise NotAllowedError("您不能放弃这个批次。", cure="This user may not discard this batch.")
    with transaction.atomic():
        locked = UploadBatch.objects.locked().select_related("uploaded_by").get(pk=batch.pk)
        if not locked.can_be_discarded:
            raise StaleError(
                "这个批次正在处理、已经入库或者已经放弃，现在不能放弃；页面上是它现在的状态。",
                cure="The batch is not waiting for a decision, or has written something.",
            )
        discard_locked(locked, by=by)


def discard_locked(locked: UploadBatch, *, by: Actor) -> None:
    """Discard a locked batch that may be discarded; see `discard_batch`. Must run inside the transaction that locks it."""
    locked.staged_rows.all().delete()
    storage.forget_original_on_commit(locked.stored_as)
    for name, blank in _CONTENTS.items():
        setattr(locked, name, blank)
    locked.stored_as = ""
    locked.state = UploadBatch.State.DISCARDED
    locked.discarded_by_id, locked.discarded_at = by.pk, timezone.now()
    locked.notifies_uploader = by.pk != locked.uploaded_by_id
    locked.save()
    record_event(TrailKind.DISCARDED, by=by, division=locked.division, about=locked, label=locked.file_name)
    notify_uploader(locked)
