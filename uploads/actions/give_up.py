"""Giving up an upload that nobody has finished for a long time, by the portal itself (docs/privacy.md)."""

from __future__ import annotations

from django.db import transaction

from accounts.actions.trail import portal_itself
from uploads.actions.discard import discard_locked
from uploads.actions.rest import leave_out_rest
from uploads.models import UploadBatch


def give_up_batch(batch_id: int) -> bool:
    """Discard a batch that nobody has decided about, or leave out the rows that its commit has left behind.

    Return False for one that somebody has taken in hand or finished meanwhile.
    """
    by = portal_itself()
    with transaction.atomic():
        locked = UploadBatch.objects.locked().select_related("uploaded_by", "division").get(pk=batch_id)
        if locked.can_be_discarded:
            discard_locked(locked, by=by)
        elif locked.can_drop_rest:
            leave_out_rest(locked, by=by)
            locked.save()
        else:
            return False
    return True
