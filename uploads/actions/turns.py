"""Whose turn it is: which waiting batch a worker takes, whichever message has woken it.

Messages come in the order in which they were sent, so twenty files of one office would be checked before the file, or the
commit, of another one. A message therefore stands for one piece of work on any batch. Each waiting batch has sent a
message (beat sends another for one that was lost), so none is left over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from structlog.contextvars import bound_contextvars

from uploads.actions.check import check_queued_batch
from uploads.actions.commit import commit_queued_batch
from uploads.actions.undo import undo_queued_batch
from uploads.models import UploadBatch

_WORK: Final[dict[str, Callable[[int], bool]]] = {
    UploadBatch.State.QUEUED: check_queued_batch,
    UploadBatch.State.COMMIT_QUEUED: commit_queued_batch,
    UploadBatch.State.UNDO_QUEUED: undo_queued_batch,
}


def work_on_next_batch(woken_for: int) -> None:
    """Check, commit or undo the waiting batch whose office's turn it is; do nothing when none waits.

    `woken_for` is the key of the batch whose message has woken the worker (`UploadBatchQuerySet.in_turn`). When another
    worker was quicker, the turn is looked up again, because that office has one more batch in work now. The log lines of
    the work name the batch that it is done on.
    """
    while (batch := UploadBatch.objects.in_turn(woken_for).only("pk", "state").first()) is not None:
        with bound_contextvars(batch_id=batch.pk):
            done = _WORK[batch.state](batch.pk)
        if done:
            return
