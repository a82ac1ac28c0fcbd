"""How a batch gets to a worker and back: claimed by a conditional UPDATE, guarded, put back when its worker dies."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from changzhi_portal.bulk import without_collecting
from changzhi_portal.celery import Queue, enqueue
from changzhi_portal.refusals import PortalError
from uploads.models import UploadBatch

logger = logging.getLogger(__name__)
State = UploadBatch.State
MOST_ATTEMPTS = 3
CHECK_TASK = "uploads.tasks.check_batch"
COMMIT_TASK = "uploads.tasks.commit_batch"
UNDO_TASK = "uploads.tasks.undo_batch"
TASK_OF_WAITING = {State.QUEUED: CHECK_TASK, State.COMMIT_QUEUED: COMMIT_TASK, State.UNDO_QUEUED: UNDO_TASK}
BROKER_AWAY = "文件已收下，但后台处理服务暂时连不上；恢复后会自动继续，不必重新上传。"
# A batch whose undoing is given up is what it was: committed.
NOT_UNDONE = "撤销没有完成，登记表没有改动，这个批次仍是已入库；请稍后再撤销，仍不行请联系市局管理员。"


def tell_worker(task_name: str, batch_id: int) -> None:
    """Tell the worker; where the broker is away, tell the uploader that it will take longer."""
    if not enqueue(task_name, Queue.UPLOADS, batch_id):
        UploadBatch.objects.filter(pk=batch_id).update(message=BROKER_AWAY)


def claim(batch_id: int, *, expected: str, working: str) -> UploadBatch | None:
    """Take a batch by a conditional UPDATE; None when somebody else has it or it is done."""
    taken = UploadBatch.objects.filter(pk=batch_id, state=expected).update(
        state=working, heartbeat_at=timezone.now(), attempts=F("attempts") + 1
    )
    return load_batch(batch_id) if taken else None


def load_batch(batch_id: int) -> UploadBatch:
    """A batch with what working on it needs."""
    return UploadBatch.objects.select_related("division", "period", "uploaded_by__division").get(pk=batch_id)


def follow_office(batch: UploadBatch) -> None:
    """Let a batch whose office has been closed meanwhile go on as its successor's, as the office's people do."""
    office = batch.division.standing_today
    if office != batch.division:
        batch.division = office
        UploadBatch.objects.filter(pk=batch.pk).update(division=office)


def guarded(batch: UploadBatch, work: Callable[[UploadBatch], None]) -> None:
    """Do a step; an error of ours is logged and ends the batch with a sentence for its uploader, not with silence.

    A database that went away says nothing about the batch: it keeps its state, and beat puts it back. Every line that
    is logged meanwhile names the batch.
    """
    with bound_contextvars(batch_id=batch.pk):
        _guarded(batch, work)


def _guarded(batch: UploadBatch, work: Callable[[UploadBatch], None]) -> None:
    try:
        with without_collecting():
            work(batch)
    except DatabaseError:
        logger.exception("The database failed while batch %s was %s", batch.pk, batch.state)
        raise
    except PortalError as refusal:
        _fail(batch, str(refusal), not_undone=str(refusal))
    except Exception:
        logger.exception("Batch %s failed while %s", batch.pk, batch.state)
        _fail(batch, "处理时系统出错，没有写入任何数据；请稍后重新上传，仍不行请联系市局管理员。")


def _fail(batch: UploadBatch, message: str, *, not_undone: str = NOT_UNDONE) -> None:
    of_batch = UploadBatch.objects.filter(pk=batch.pk)
    of_batch.filter(state__in=(State.CHECKING, State.COMMITTING)).update(state=State.FAILED, message=message[:500])
    of_batch.filter(state=State.UNDOING).update(state=State.COMMITTED, message=not_undone[:500])


def put_back_stalled_batches() -> int:
    """Give batches whose worker died back to the queue, and remind the queue of those that wait; returns how many.

    A batch that has been tried MOST_ATTEMPTS times is given up with a sentence: it may be what kills the workers.
    """
    handled = 0
    for batch in UploadBatch.objects.stalled():
        with transaction.atomic():
            mine = UploadBatch.objects.stalled().select_for_update(skip_locked=True)
            if not mine.filter(pk=batch.pk, state=batch.state).exists():
                continue
            if batch.attempts >= MOST_ATTEMPTS:
                _fail(batch, "多次处理都中断，没有写入任何数据；请把文件分小后重新上传，或联系市局管理员。")
            else:
                UploadBatch.objects.filter(pk=batch.pk).update(
                    state=UploadBatch.WAITS_AS[batch.state], heartbeat_at=timezone.now()
                )
        handled += 1
    for batch in UploadBatch.objects.waiting():
        enqueue(TASK_OF_WAITING[State(batch.state)], Queue.UPLOADS, batch.pk)
        handled += 1
    return handled
