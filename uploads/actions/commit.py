"""Requesting the commit of a checked batch, and running it."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone

from changzhi_portal.jobs import Claim
from changzhi_portal.refusals import InvalidError, LockedError, NotAllowedError, PortalError, StaleError
from changzhi_portal.registers.registry import register_named
from changzhi_portal.rights import Actor
from uploads.actions.check import check_claimed, check_context, follow_office
from uploads.actions.commit_writer import PreviewOutdatedError, write_batch
from uploads.jobs import CHECK, COMMIT, load_batch, work_on
from uploads.models import UploadBatch
from uploads.outcome_notices import notify_uploader
from uploads.progress import Reporter

logger = logging.getLogger(__name__)
State = UploadBatch.State
Mode = UploadBatch.CommitMode


def request_commit(
    *,
    batch: UploadBatch,
    mode: str,
    by: Actor,
    seen: str | None = None,
    confirms_growth: bool = False,
    queue: bool = True,
) -> None:
    """Request that a checked batch is committed: mode "all" or "good".

    `seen` is the `check_mark` of the preview that the user has decided on. `confirms_growth` is the answer to the
    question whether the rows may multiply the records (`UploadBatch.growth`). Raises PortalError when the batch is not
    waiting for a decision, whose last check was not finished, has been checked again since that preview, has errors in mode "all", asks a question that
    was not answered, or is not the user's to commit.
    """
    if not batch.may_be_handled_by(by):
        raise NotAllowedError("您不能确认这个批次。", cure="This user may not commit this batch.")
    if not batch.may_be_committed_by(by):
        raise LockedError(
            "这个批次要修改已锁定月份的数据，只有市局可以确认入库，请联系市局业务员。",
            cure="The batch alters a locked month: only the bureau may commit it.",
        )
    if mode not in Mode.values:
        raise InvalidError("请选择全部入库或只入库没有错误的行。", cure="The mode is all or good.", field="mode")
    waiting = UploadBatch.objects.filter(pk=batch.pk, state=State.CHECKED, needs_check=False)
    if mode == Mode.ALL:
        waiting = waiting.filter(errors=0)
    if not by.role.may_alter_locked_months:
        waiting = waiting.filter(locked_reason="")
    with transaction.atomic():
        locked = UploadBatch.objects.locked().get(pk=batch.pk)
        if seen is not None:
            _refuse_if_checked_anew(locked, seen)
        if locked.state == State.CHECKED and locked.needs_check:
            raise StaleError(
                "上次核对没有完成，请先重新核对。", cure="The last check was not finished. Check it again."
            )
        if locked.state == State.CHECKED and locked.growth and not confirms_growth:
            raise InvalidError(
                f"{locked.growth_question}。确实如此的，请勾选确认后再入库；不是的，请核对社区一列。{locked.nothing_written}。",
                cure="The rows would multiply the records. Look at the file; confirm with --confirm-growth.",
                field="confirms_growth",
            )
        taken = waiting.update(
            **(COMMIT.queued() if queue else COMMIT.begun()),
            commit_mode=mode,
            confirmed_by_id=by.pk,
            notifies_uploader=queue,
        )
        if not taken:
            raise StaleError(
                "这个批次现在不能入库：已入库、正在处理，或还有错误行；请看它现在的状态。",
                cure="The batch is not ready.",
            )
        if queue:
            COMMIT.announce(batch.pk)


def _refuse_if_checked_anew(locked: UploadBatch, seen: str) -> None:
    """Raise StaleError when the locked batch has been checked again since the preview `seen`."""
    if locked.state == State.CHECKED and locked.check_mark != seen:
        raise StaleError(
            "您打开页面以后，有人改过这个批次或重新检查过，没有入库；请看一看现在的内容，再确认一次。",
            cure="The batch was checked anew after its preview was read. Read it again.",
        )


def commit_queued_batch(batch_id: int) -> bool:
    """Commit a batch whose commit was requested; return False, with nothing done, when another worker has taken it."""
    claim = COMMIT.claim(batch_id, taken_at=timezone.now())
    if claim is None:
        return False
    work_on(claim, _commit)
    return True


def commit_batch(batch: UploadBatch) -> UploadBatch:
    """Commit a batch in state COMMITTING that the caller has begun; return the updated batch.

    It ends COMMITTED, or with nothing written by this commit: CHECKED again with a message, or FAILED. A batch that an
    earlier commit has written is never FAILED; it is CHECKED as before.
    """
    work_on(COMMIT.claim_of(load_batch(batch.pk)), _commit)
    return load_batch(batch.pk)


def _commit(claim: Claim[UploadBatch]) -> None:
    batch = load_batch(claim.key)
    follow_office(batch)
    report = Reporter(batch.ref)
    sheet = register_named(batch.register)()
    try:
        write_batch(claim, sheet, lambda: check_context(batch, locking=True, report=report), report)
    except PreviewOutdatedError as changed:
        logger.info("Batch %s is checked again: %s", batch.pk, changed)
        _recheck(claim, str(changed))
    except PortalError as refusal:
        _leave_uncommitted(claim, str(refusal))


def _recheck(claim: Claim[UploadBatch], message: str) -> None:
    """Check the batch again instead of committing it, with the same claim."""
    claim.finish(State.CHECKING, message=message[:500], needs_check=True, heartbeat_at=timezone.now())
    work_on(CHECK.claim_of(load_batch(claim.key)), check_claimed)


def _leave_uncommitted(claim: Claim[UploadBatch], message: str) -> None:
    """End the work with nothing written: the batch waits for a decision again, with a message."""
    with transaction.atomic():
        claim.finish(State.CHECKED, message=message[:500])
        notify_uploader(load_batch(claim.key))
