"""The three kinds of work on a batch: checking, committing, undoing (see `changzhi_portal.jobs`).

They define their messages, the state of a batch that failed, and the notice to its uploader.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.db.models import Case, Value, When
from structlog.contextvars import bound_contextvars

from changzhi_portal.bulk import garbage_collection_disabled
from changzhi_portal.celery import Queue
from changzhi_portal.jobs import Claim, JobKind
from changzhi_portal.refusals import PortalError
from uploads.models import UploadBatch
from uploads.outcome_notices import notify_uploader

logger = logging.getLogger(__name__)
State = UploadBatch.State
BROKER_UNREACHABLE = "文件已收下，但后台处理服务暂时连不上；恢复后会自动继续，不必重新上传。"
# True also of a batch of which an earlier commit has written rows.
_BROKEN = "处理时系统出错，这一次没有写入；请稍后再试，仍不行请联系市局管理员。"
_GIVEN_UP = "多次处理都中断，这一次没有写入；请把文件分小后重新上传，或联系市局管理员。"
_NOT_UNDONE = "撤销没有完成，登记表没有改动，这个批次仍是已入库；请稍后再撤销，仍不行请联系市局管理员。"


def load_batch(batch_id: int) -> UploadBatch:
    """Return a batch with the related rows that the work needs."""
    return UploadBatch.objects.select_related("division", "period", "uploaded_by__division").get(pk=batch_id)


def _notify_of_failure(batch_id: int) -> None:
    notify_uploader(load_batch(batch_id))


# A batch whose first rows are written does not fail: what remains of it waits for a decision again.
_FAILED = Case(When(committed_at__isnull=False, then=Value(State.CHECKED)), default=Value(State.FAILED))
CHECK = JobKind(
    model=UploadBatch,
    task="uploads.tasks.check_batch",
    queue=Queue.UPLOADS,
    waiting=State.QUEUED,
    running=State.CHECKING,
    failed=_FAILED,
    shows_failure=State.FAILED,  # of commits too
    given_up=_GIVEN_UP,
    broken=_BROKEN,
    unreachable=BROKER_UNREACHABLE,
    on_failure=_notify_of_failure,
)
COMMIT = JobKind(
    model=UploadBatch,
    task="uploads.tasks.commit_batch",
    queue=Queue.UPLOADS,
    waiting=State.COMMIT_QUEUED,
    running=State.COMMITTING,
    failed=_FAILED,
    given_up=_GIVEN_UP,
    broken=_BROKEN,
    unreachable=BROKER_UNREACHABLE,
    on_failure=_notify_of_failure,
)
# A batch whose undoing fails or is given up is committed, as before.
UNDO = JobKind(
    model=UploadBatch,
    task="uploads.tasks.undo_batch",
    queue=Queue.UPLOADS,
    waiting=State.UNDO_QUEUED,
    running=State.UNDOING,
    failed=State.COMMITTED,
    given_up=_NOT_UNDONE,
    broken=_NOT_UNDONE,
    unreachable=BROKER_UNREACHABLE,
    on_failure=_notify_of_failure,
)


def work_on(claim: Claim[UploadBatch], work: Callable[[Claim[UploadBatch]], None]) -> None:
    """Do the work of a claim. An error ends the batch with a message for its uploader and is logged, not raised.

    Every line that is logged meanwhile names the batch. Raises DatabaseError, of which the batch is not the cause: the
    batch keeps its state and is put back.
    """
    with bound_contextvars(batch_id=claim.key):
        try:
            with garbage_collection_disabled(), claim.guard():
                work(claim)
        except DatabaseError:
            logger.exception("The database failed while a batch was worked on (%s)", claim.kind.running)
            raise
        except PortalError as refusal:
            logger.info("The batch was refused: %s", refusal)
        except Exception:
            logger.exception("Work on a batch failed (%s)", claim.kind.running)
