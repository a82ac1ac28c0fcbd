"""Checking of a batch: its file is read and compared with the registers, and its rows are staged."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.utils import timezone

from changzhi_portal.jobs import Claim
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_named
from changzhi_portal.registers.rows import RegisterRow
from periods.models import CheckThresholds, ReportingPeriod
from uploads import storage
from uploads.actions.recognise import recognise, recogniser_of
from uploads.actions.replace import replace_older
from uploads.actions.rest import close_rest, count_open_rows, written_in_words
from uploads.actions.staging import copy_staged_rows, replace_staged_rows
from uploads.jobs import CHECK, load_batch, work_on
from uploads.models import ColumnMapping, UploadBatch
from uploads.outcome_notices import notify_uploader
from uploads.progress import Reporter
from uploads.reading.grid import Grid
from uploads.reading.refusal import FileRefusedError
from uploads.reuse import key_of_reading, reusable_batch
from uploads.rows.cleaning import CellRereader
from uploads.rows.comparison import compare_rows, count_outcomes, count_problems
from uploads.rows.corrections import apply_corrections
from uploads.rows.from_file import FileContent, content_of, read_grids
from uploads.rows.left_out import key_of, rows_left_out
from uploads.rows.staged import all_staged_rows
from uploads.rows.written_already import report_written_already
from uploads.unmentioned_records import unmentioned_records

State = UploadBatch.State


def check_context(batch: UploadBatch, *, locking: bool, report: Reporter) -> CheckContext:
    """Return the context of a batch's check; `locking` is for the transaction of its commit."""
    if batch.period is None:
        raise RuntimeError("A batch is checked for a month.")
    if locking and register_named(batch.register).has_dated_figures:
        ReportingPeriod.objects.keep_from_locking()
    return CheckContext(
        scope_path=batch.division.path,
        division=batch.division,
        day=batch.period.as_of,
        today=timezone.localdate(),
        may_alter_locked=bool(batch.locked_reason),
        locked_months=frozenset(ReportingPeriod.objects.locked().values_list("month", flat=True)),
        thresholds=CheckThresholds.objects.for_month(batch.period.month),
        locking=locking,
        progress=report,
    )


def follow_office(batch: UploadBatch) -> None:
    """Move a batch whose office has been closed in the meantime to the office's successor, like the office's users."""
    office = batch.division.current_division
    if office != batch.division:
        batch.division = office
        UploadBatch.objects.filter(pk=batch.pk).update(division=office)


def check_queued_batch(batch_id: int) -> bool:
    """Check a queued batch; return False, with nothing done, when another worker has taken it."""
    claim = CHECK.claim(batch_id, taken_at=timezone.now())
    if claim is None:
        return False
    work_on(claim, check_claimed)
    return True


def check_batch(batch: UploadBatch) -> UploadBatch:
    """Check a batch in state CHECKING that the caller has begun (`CHECK.begun()`); return the updated batch.

    It ends CHECKED, REJECTED or FAILED; once rows of it are written COMMITTED, or CHECKED if there is more to write.
    """
    work_on(CHECK.claim_of(load_batch(batch.pk)), check_claimed)
    return load_batch(batch.pk)


def check_claimed(claim: Claim[UploadBatch]) -> None:
    """Check the batch of a claim and stage its rows.

    Runs outside a transaction until the rows are staged, so that checking blocks nobody. Each report of progress is a
    heartbeat, and reading the file in a child process takes less than the lease. Raises ClaimLostError.
    """
    batch = load_batch(claim.key)
    follow_office(batch)
    report = Reporter(batch.ref, claim.heartbeat)
    try:
        grids = None if batch.register else recognise(claim, batch, report)
        sheet = register_named(batch.register)()
        earlier = reusable_batch(batch, sheet)
        if earlier is not None:
            report.step("与上次入库的文件相同，核对登记表有无变动")
            _reuse(claim, batch, earlier, sheet)
            return
        rows = _read(batch, sheet, report, grids) if batch.needs_reading else list(all_staged_rows(batch, sheet))
    except FileRefusedError as refused:
        _reject(claim, batch, refused)
        return
    del grids  # the cells of a large file take much memory
    rereader = CellRereader(sheet, batch.mapping)
    if not batch.needs_reading:
        for row in rows:
            rereader.read_kept_cells(row)
    apply_corrections(batch, rows, sheet, rereader)
    left_out = rows_left_out(batch, rows)
    compared = [row for row in rows if key_of(row) not in left_out] if left_out else rows
    report.step("核对现有记录", len(compared))
    context = check_context(batch, locking=False, report=report)
    compare_rows(compared, sheet, context)
    if batch.rest:
        report_written_already(batch, compared, sheet)
    batch.growth = [growth.as_json() for growth in sheet.growth(compared, context)]
    report.step("保存检查结果", len(rows))
    with transaction.atomic():
        claim.hold()
        replace_staged_rows(batch=batch, rows=rows, sheet=sheet, left_out=left_out)
        if batch.rest:
            _end_rest_checked(batch)
            return
        for name, number in count_outcomes(compared).items():
            setattr(batch, name, number)
        number_left_out = len(rows) - len(compared)
        batch.skipped, batch.left_out = batch.skipped_in_file + number_left_out, number_left_out
        batch.problem_counts = count_problems(compared)
        _end_checked(batch, sheet)


def _reuse(claim: Claim[UploadBatch], batch: UploadBatch, earlier: UploadBatch, sheet: RegisterSheet) -> None:
    """Stage the rows of an earlier upload of the same file as unchanged, when nothing has changed since its commit."""
    with transaction.atomic():
        claim.hold()
        copy_staged_rows(batch=batch, earlier=earlier, sheet=sheet)
        _end_checked(batch, sheet)


def _end_checked(batch: UploadBatch, sheet: RegisterSheet) -> None:
    """End the check of a batch whose rows have been staged."""
    batch.unmentioned = unmentioned_records(batch, sheet).count()
    batch.needs_reading = batch.needs_check = False
    batch.state = State.CHECKED
    batch.save()
    replace_older(batch)
    notify_uploader(batch)


def _end_rest_checked(batch: UploadBatch) -> None:
    """End the check of a batch's remaining rows, which have been staged.

    With nothing to write there is nothing to decide: the batch is committed as before. If a commit was refused, it waits
    with the message that says why.
    """
    count_open_rows(batch)
    batch.needs_check = False
    if batch.rest["new"] or batch.rest["changed"] or batch.message:
        batch.state = State.CHECKED
    else:
        close_rest(batch)
        batch.message = written_in_words(batch)
    batch.save()
    replace_older(batch)
    notify_uploader(batch)


def _read(batch: UploadBatch, sheet: RegisterSheet, report: Reporter, grids: list[Grid] | None) -> list[RegisterRow]:
    """Return the rows of the batch's file, and set the file's other results on the batch, unsaved.

    `grids` are the sheets of the file, if it has been read already. Raises FileRefusedError.
    """
    if grids is None:
        with storage.original_as_file(batch) as path:
            grids = read_grids(path, batch.file_name, report)
    today = timezone.localdate()
    found = _content(batch, sheet, report, grids, today)
    batch.read_as = key_of_reading(batch)
    # A month that has not begun is a typing error, and must not be opened for everybody.
    batch.month_in_file = found.month if found.month and found.month <= today else None
    if batch.period is None:
        batch.period = ReportingPeriod.objects.for_month(batch.month_in_file or today)
    batch.problems = [problem.as_json() for problem in found.problems]
    batch.mapping = found.mapping
    batch.skipped, batch.left_out = found.skipped, 0
    return found.rows


def _content(
    batch: UploadBatch, sheet: RegisterSheet, report: Reporter, grids: list[Grid], today: datetime.date
) -> FileContent:
    """Return what the sheets of a batch's file hold of its register. Raises FileRefusedError."""
    return content_of(
        grids,
        sheet,
        ColumnMapping.objects.of_office(batch).by_header(),
        report,
        month=batch.period.month if batch.period is not None else None,
        today=today,
        recogniser=recogniser_of(batch) if batch.is_recognised else None,
        names_unread=batch.split_from_id is None,
    )


def _reject(claim: Claim[UploadBatch], batch: UploadBatch, refused: FileRefusedError) -> None:
    """End the check of a file that cannot be used, and delete the rows of an earlier check with another mapping."""
    with transaction.atomic():
        claim.finish(
            State.REJECTED,
            problems=[refused.as_problem(batch.file_name)],
            mapping=refused.headers,
            message=str(refused)[:500],
            needs_check=False,
            **dict.fromkeys((*UploadBatch.COUNTERS, "left_out"), 0),
        )
        batch.staged_rows.all().delete()
        notify_uploader(load_batch(batch.pk))
