"""The commit of a batch: one transaction that compares again, writes, logs and marks the batch (spreadsheets.md, promise 3)."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from changelog.actions import apply_writes
from changzhi_portal.errors import PortalError
from changzhi_portal.sheets.register import RegisterSheet, SheetRow
from uploads.models import RegisterLock, UploadBatch
from uploads.progress import Reporter
from uploads.staging import count_outcomes, staged_rows

State = UploadBatch.State


class RowsNoLongerGood(PortalError):
    """The registers have changed since the preview, and a row that was good no longer is."""


def lock_register(register: str) -> None:
    """Hold the register until the transaction ends: commits of overlapping files run one after the other.

    On SQLite an immediate transaction holds the whole file already.
    """
    RegisterLock.objects.get_or_create(register=register)
    if connection.features.has_select_for_update:
        RegisterLock.objects.select_for_update().get(register=register)


def write_batch(batch_id: int, sheet: RegisterSheet, context: Any, report: Reporter) -> bool:
    """Write the staged rows of a batch in state COMMITTING; False when somebody else has finished it meanwhile.

    Everything or nothing: an error of any row, in mode "all", or a constraint of the database undoes it all.
    Raises RowsNoLongerGood or PortalError.
    """
    try:
        with transaction.atomic():
            batch = UploadBatch.objects.select_for_update().select_related("uploaded_by", "division").get(pk=batch_id)
            if batch.state != State.COMMITTING:
                return False
            lock_register(batch.register)
            report.step("核对现有记录", batch.rows)
            rows = list(staged_rows(batch, sheet, only_good=batch.commit_mode == UploadBatch.CommitMode.GOOD))
            sheet.check(rows, context)
            good = _good_rows(batch, rows)
            _check_scope(good, batch)
            report.step("写入登记表", len(good))
            _write(batch, sheet, good)
            _finish(batch, good)
    except IntegrityError as error:
        raise PortalError(f"{_human_message(sheet, error)}没有写入任何数据，请核对后重新上传。") from error
    return True


def _good_rows(batch: UploadBatch, rows: list[SheetRow]) -> list[SheetRow]:
    bad = sum(row.has_error for row in rows)
    if bad and batch.commit_mode == UploadBatch.CommitMode.ALL:
        raise RowsNoLongerGood(f"检查之后登记表有变动，现在有{bad}行不能入库；已重新检查，请看问题清单。")
    return [row for row in rows if not row.has_error]


def _check_scope(rows: list[SheetRow], batch: UploadBatch) -> None:
    """Once more, in aggregate: every place written to lies in the office's own subtree."""
    division_ids = {write.division_id for row in rows for write in row.writes}
    inside = type(batch.division)._default_manager.filter(pk__in=division_ids, path__startswith=batch.division.path)
    if inside.count() != len(division_ids):
        raise PortalError("文件中有不属于本单位的记录，没有写入任何数据，请核对后重新上传。")


def _write(batch: UploadBatch, sheet: RegisterSheet, rows: list[SheetRow]) -> None:
    for row in rows:
        row.values = {}  # what they say stands in the writes by now, and a large file needs the room
        for write in row.writes:
            write.batch_row, write.label = row.position, row.label
    apply_writes(
        [write for row in rows for write in row.writes],
        models_in_order=sheet.writes_to,
        by=batch.uploaded_by,
        division=batch.division,
        batch=batch,
        summary=f"上传{sheet.title}：{batch.file_name}"[:200],
    )


def _finish(batch: UploadBatch, rows: list[SheetRow]) -> None:
    counts = count_outcomes(rows)
    batch.new, batch.changed = counts["new"], counts["changed"]
    batch.unchanged += counts["unchanged"]  # equal by now, beside those that were equal when checked
    batch.state = State.COMMITTED
    batch.committed_at = timezone.now()
    batch.message = f"已入库：新增{batch.new}行，修改{batch.changed}行，未变{batch.unchanged}行。"
    batch.save(update_fields=["new", "changed", "unchanged", "state", "committed_at", "message"])


def _human_message(sheet: RegisterSheet, error: IntegrityError) -> str:
    """The sentence of the violated constraint, found by its name or, on SQLite, by its columns."""
    text = str(error)
    for model in sheet.writes_to:
        for constraint in model._meta.constraints:
            if constraint.name in text:
                return str(constraint.violation_error_message)
            columns = _columns_of(model, constraint)
            if columns and f"UNIQUE constraint failed: {columns}" in text:
                return str(constraint.violation_error_message)
    return "与登记表中现有的记录冲突。"


def _columns_of(model: type[models.Model], constraint: Any) -> str:
    fields = getattr(constraint, "fields", ())
    return ", ".join(f"{model._meta.db_table}.{model._meta.get_field(name).column}" for name in fields)
