"""What happens to a batch, from the file's arrival to its commit. Tasks, pages and commands call these alike."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from changzhi_portal.celery import Queue, hint
from changzhi_portal.errors import PortalError
from changzhi_portal.sheets.register import CheckContext, RegisterSheet, SheetRow
from periods.models import ReportingPeriod
from uploads import storage
from uploads.absence import unmentioned_records
from uploads.checking import Rereader, compare_rows, read_file
from uploads.committing import RowsNoLongerGood, write_batch
from uploads.correcting import apply_corrections
from uploads.models import ColumnMapping, UploadBatch
from uploads.progress import Reporter
from uploads.reading.refusal import FileRefused
from uploads.registry import register_named
from uploads.staging import all_staged_rows, count_outcomes, count_problems, stage_rows
from uploads.undoing import take_back_batch

logger = logging.getLogger(__name__)
State = UploadBatch.State
Mode = UploadBatch.CommitMode
MOST_ATTEMPTS = 3
CHECK_TASK = "uploads.tasks.check_batch"
COMMIT_TASK = "uploads.tasks.commit_batch"
UNDO_TASK = "uploads.tasks.undo_batch"
TASK_OF_WAITING = {State.QUEUED: CHECK_TASK, State.COMMIT_QUEUED: COMMIT_TASK, State.UNDO_QUEUED: UNDO_TASK}
BROKER_AWAY = "文件已收下，但后台处理服务暂时连不上；恢复后会自动继续，不必重新上传。"
FILE_NAME_LENGTH = 255
COUNTERS = ("rows", "new", "changed", "unchanged", "skipped", "errors", "warnings")


def receive_file(
    *,
    file: Iterable[bytes],
    file_name: str,
    register: str,
    by: Any,
    period: ReportingPeriod | None = None,
    queue: bool = True,
) -> UploadBatch:
    """Take a file in: keep it encrypted, write its batch, and queue the check.

    `file` yields chunks of bytes. Without `queue` the caller does the work itself, and no worker takes the batch.
    Raises PortalError for a file that is too large, an unknown register, or a role that may not upload.
    """
    sheet = register_named(register)
    if not by.duty.may_upload:
        raise PortalError("您的角色不能上传表格，请联系市局管理员。", cure=f"The role of {by.username} may not upload.")
    data = storage.read_within_limit(file)
    batch = UploadBatch(
        register=sheet.name,
        division=by.division,
        period=period,
        uploaded_by=by,
        file_name=file_name[-FILE_NAME_LENGTH:],
        file_size=len(data),
        sha256=storage.sha256_of(data),
        state=State.QUEUED if queue else State.CHECKING,
        heartbeat_at=timezone.now(),
        seen_at=None if queue else timezone.now(),
    )
    batch.stored_as = storage.keep_original(batch.ref, data)
    try:
        with transaction.atomic():
            batch.save()
            if queue:
                queue_check(batch)
    except DatabaseError:
        storage.forget_original(batch.stored_as)
        raise
    return batch


def queue_check(batch: UploadBatch) -> None:
    """Once the transaction holds, tell the worker that a batch in state QUEUED waits to be checked."""
    transaction.on_commit(lambda: _queue(CHECK_TASK, batch.pk))


def may_handle(batch: UploadBatch, by: Any) -> bool:
    """Whether a user may decide about a batch: one of the own area, in a role that uploads."""
    return by.duty.may_upload and UploadBatch.objects.visible_to(by).filter(pk=batch.pk).exists()


def _queue(task_name: str, batch_id: int) -> None:
    """Tell the worker; where the broker is away, tell the uploader that it will take longer."""
    if not hint(task_name, Queue.UPLOADS, batch_id):
        UploadBatch.objects.filter(pk=batch_id).update(message=BROKER_AWAY)


def _claim(batch_id: int, *, expected: str, working: str) -> UploadBatch | None:
    """Take a batch by a conditional UPDATE; None when somebody else has it or it is done."""
    taken = UploadBatch.objects.filter(pk=batch_id, state=expected).update(
        state=working, heartbeat_at=timezone.now(), attempts=F("attempts") + 1
    )
    return _load(batch_id) if taken else None


def _load(batch_id: int) -> UploadBatch:
    return UploadBatch.objects.select_related("division", "period", "uploaded_by__division").get(pk=batch_id)


def _reporter(batch: UploadBatch) -> Reporter:
    def sign_of_life() -> None:
        UploadBatch.objects.filter(pk=batch.pk).update(heartbeat_at=timezone.now())

    return Reporter(batch.ref, sign_of_life)


def _context(batch: UploadBatch, *, locking: bool, report: Reporter) -> CheckContext:
    if batch.period is None:
        raise RuntimeError("A batch is checked for a month.")
    return CheckContext(
        user=batch.uploaded_by,
        scope_path=batch.division.path,
        division=batch.division,
        day=batch.period.as_of,
        today=timezone.localdate(),
        locked_months=frozenset(ReportingPeriod.objects.locked().values_list("month", flat=True)),
        locking=locking,
        progress=report,
    )


def check_queued_batch(batch_id: int) -> None:
    """What the worker does with a queued batch; nothing when another worker has taken it."""
    batch = _claim(batch_id, expected=State.QUEUED, working=State.CHECKING)
    if batch is not None:
        check_batch(batch)


def check_batch(batch: UploadBatch) -> UploadBatch:
    """Check a batch in state CHECKING and stage its rows; ends CHECKED, REJECTED or FAILED.

    Runs outside a transaction until the rows are staged, so that checking blocks nobody.
    """
    _guarded(batch, _check)
    return _load(batch.pk)


def _check(batch: UploadBatch) -> None:
    report = _reporter(batch)
    sheet = register_named(batch.register)()
    try:
        rows = _read(batch, sheet, report) if batch.needs_reading else list(all_staged_rows(batch, sheet))
    except FileRefused as refused:
        _reject(batch, refused)
        return
    rereader = Rereader(sheet, batch.mapping)
    if not batch.needs_reading:
        for row in rows:
            rereader.read_again(row)
    apply_corrections(batch, rows, sheet, rereader)
    report.step("核对现有记录", len(rows))
    compare_rows(rows, sheet, _context(batch, locking=False, report=report))
    report.step("保存检查结果", len(rows))
    with transaction.atomic():
        if not _still(batch, State.CHECKING):
            return
        stage_rows(batch, rows, sheet)
        for name, number in count_outcomes(rows).items():
            setattr(batch, name, number)
        batch.problem_counts = count_problems(rows)
        batch.unmentioned = unmentioned_records(batch, sheet).count()
        batch.needs_reading = False
        batch.state = State.CHECKED
        batch.save()


def _read(batch: UploadBatch, sheet: RegisterSheet, report: Reporter) -> list[SheetRow]:
    """The rows of the batch's file; what the file says besides is set on the batch, unsaved. Raises FileRefused."""
    remembered = ColumnMapping.objects.filter(division=batch.division, register=batch.register)
    with storage.original_as_file(batch.stored_as) as path:
        found = read_file(path, batch.file_name, sheet, dict(remembered.values_list("header", "field")), report)
    if batch.period is None:
        batch.period = ReportingPeriod.objects.for_month(found.month or timezone.localdate())
    batch.problems = [problem.as_json() for problem in found.problems]
    batch.mapping = found.mapping
    batch.skipped = found.skipped
    return found.rows


def _still(batch: UploadBatch, state: str) -> bool:
    """Whether the batch is still ours: locked and in the state we left it in."""
    return UploadBatch.objects.select_for_update().filter(pk=batch.pk, state=state).exists()


def _reject(batch: UploadBatch, refused: FileRefused) -> None:
    """End the check of a file that cannot be used; rows of an earlier check, with another mapping, hold no more."""
    problem = {
        "sheet": None,
        "cell": "",
        "column": "",
        "value": batch.file_name,
        "code": refused.code,
        "level": "error",
        "message": str(refused),
    }
    with transaction.atomic():
        rejected = UploadBatch.objects.filter(pk=batch.pk, state=State.CHECKING).update(
            state=State.REJECTED,
            problems=[problem],
            mapping=refused.headers,
            message=str(refused)[:500],
            **dict.fromkeys(COUNTERS, 0),
        )
        if rejected:
            batch.staged_rows.all().delete()


def request_commit(*, batch: UploadBatch, mode: str, by: Any, queue: bool = True) -> None:
    """Ask for a checked batch to be committed: mode "all" or "good".

    Raises PortalError when it is not waiting for a decision, has errors in mode "all", or is not the user's to commit.
    """
    if not may_handle(batch, by):
        raise PortalError("您不能确认这个批次。", cure="This user may not commit this batch.")
    if mode not in Mode.values:
        raise PortalError("请选择全部入库或只入库没有错误的行。", cure="The mode is all or good.")
    waiting = UploadBatch.objects.filter(pk=batch.pk, state=State.CHECKED)
    if mode == Mode.ALL:
        waiting = waiting.filter(errors=0)
    with transaction.atomic():
        taken = waiting.update(
            state=State.COMMIT_QUEUED if queue else State.COMMITTING,
            commit_mode=mode,
            heartbeat_at=timezone.now(),
            attempts=0,
            message="",
            seen_at=None if queue else timezone.now(),
        )
        if not taken:
            raise PortalError(
                "这个批次现在不能入库：已入库、正在处理，或还有错误行。请刷新页面查看。", cure="The batch is not ready."
            )
        if queue:
            transaction.on_commit(lambda: _queue(COMMIT_TASK, batch.pk))


def commit_queued_batch(batch_id: int) -> None:
    """What the worker does with a batch whose commit was asked for; nothing when another worker has taken it."""
    batch = _claim(batch_id, expected=State.COMMIT_QUEUED, working=State.COMMITTING)
    if batch is not None:
        commit_batch(batch)


def commit_batch(batch: UploadBatch) -> UploadBatch:
    """Commit a batch in state COMMITTING; ends COMMITTED, or untouched: CHECKED again with a message, or FAILED."""
    _guarded(batch, _commit)
    return _load(batch.pk)


def _commit(batch: UploadBatch) -> None:
    report = Reporter(batch.ref)
    sheet = register_named(batch.register)()
    try:
        write_batch(batch.pk, sheet, _context(batch, locking=True, report=report), report)
    except RowsNoLongerGood as changed:
        logger.info("Batch %s is checked again: %s", batch.pk, changed)
        _recheck(batch, str(changed))
    except PortalError as refusal:
        _leave_uncommitted(batch, str(refusal))


def _recheck(batch: UploadBatch, message: str) -> None:
    UploadBatch.objects.filter(pk=batch.pk, state=State.COMMITTING).update(
        state=State.CHECKING, message=message[:500], heartbeat_at=timezone.now()
    )
    check_batch(_load(batch.pk))


def _leave_uncommitted(batch: UploadBatch, message: str) -> None:
    UploadBatch.objects.filter(pk=batch.pk, state=State.COMMITTING).update(state=State.CHECKED, message=message[:500])


def request_undo(*, batch: UploadBatch, by: Any, queue: bool = True) -> None:
    """Ask for a committed batch to be taken back. Raises PortalError when it is not committed or not the user's."""
    if not may_handle(batch, by):
        raise PortalError("您不能撤销这个批次。", cure="This user may not undo this batch.")
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
            raise PortalError(
                "只有已入库的批次可以撤销，请刷新页面查看。", cure="Only a committed batch can be undone."
            )
        if queue:
            transaction.on_commit(lambda: _queue(UNDO_TASK, batch.pk))


def undo_queued_batch(batch_id: int) -> None:
    """What the worker does with a batch whose undoing was asked for; nothing when another worker has taken it."""
    batch = _claim(batch_id, expected=State.UNDO_QUEUED, working=State.UNDOING)
    if batch is not None:
        undo_batch(batch)


def undo_batch(batch: UploadBatch) -> UploadBatch:
    """Take a batch in state UNDOING back; ends UNDONE, each written row reversed, kept or failed."""
    _guarded(batch, lambda batch: take_back_batch(batch.pk, register_named(batch.register)(), Reporter(batch.ref)))
    return _load(batch.pk)


def _guarded(batch: UploadBatch, work: Callable[[UploadBatch], None]) -> None:
    """Do a step; an error of ours is logged and ends the batch with a sentence for its uploader, not with silence.

    A database that went away says nothing about the batch: it keeps its state, and beat puts it back.
    """
    try:
        work(batch)
    except DatabaseError:
        logger.exception("The database failed while batch %s was %s", batch.pk, batch.state)
        raise
    except PortalError as refusal:
        _fail(batch, str(refusal))
    except Exception:
        logger.exception("Batch %s failed while %s", batch.pk, batch.state)
        _fail(batch, "处理时系统出错，没有写入任何数据；请稍后重新上传，仍不行请联系市局管理员。")


def _fail(batch: UploadBatch, message: str) -> None:
    UploadBatch.objects.filter(pk=batch.pk, state__in=UploadBatch.WAITS_AS.keys()).update(
        state=State.FAILED, message=message[:500]
    )


def put_back_stalled_batches() -> int:
    """Give batches whose worker died back to the queue, and remind the queue of those that wait; returns how many.

    A batch that has been tried MOST_ATTEMPTS times is given up with a sentence: it may be what kills the workers.
    """
    handled = 0
    for batch in UploadBatch.objects.stalled():
        back = UploadBatch.WAITS_AS[batch.state]
        give_up = batch.attempts >= MOST_ATTEMPTS
        with transaction.atomic():
            mine = UploadBatch.objects.stalled().select_for_update(skip_locked=True).filter(pk=batch.pk)
            if not mine.exists():
                continue
            UploadBatch.objects.filter(pk=batch.pk).update(
                state=State.FAILED if give_up else back,
                heartbeat_at=timezone.now(),
                message="多次处理都中断，没有写入任何数据；请把文件分小后重新上传，或联系市局管理员。"
                if give_up
                else batch.message,
            )
        handled += 1
    for batch in UploadBatch.objects.waiting():
        hint(TASK_OF_WAITING[State(batch.state)], Queue.UPLOADS, batch.pk)
        handled += 1
    return handled


def describe_batch(batch: UploadBatch) -> dict[str, Any]:
    """A batch as `upload --json` prints it (spreadsheets.md, "Command line"): counters and every problem."""
    problems = list(batch.problems)
    for row_problems in batch.staged_rows.exclude(problems=[]).order_by("position").values_list("problems", flat=True):
        problems += row_problems
    return (
        {"batch": batch.pk, "register": batch.register, "state": str(batch.state)}
        | {name: getattr(batch, name) for name in COUNTERS}
        | {"problems": problems}
    )
