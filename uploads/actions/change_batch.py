"""Changes to a batch that waits for a decision, each followed by a new check.

Its columns are mapped by hand, its month is changed, a cell is corrected in the page, or the bureau gives a reason for
altering a locked month. Nothing has been written to the registers yet, so the new check only replaces the preview.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.registers.registry import register_named
from changzhi_portal.rights import Actor
from periods.models import ReportingPeriod
from uploads.actions.check import check_batch
from uploads.actions.receive import check_may_alter_locked
from uploads.column_mapping import AUTOMATIC, IGNORED, changed_choices, check_choices, file_columns
from uploads.jobs import CHECK
from uploads.models import ColumnMapping, UploadBatch
from uploads.rows.corrections import add_correction

State = UploadBatch.State
MOST_ROWS_AT_ONCE = 2_000  # the worker compares a larger batch again, so that the user need not wait


def _locked_batch(batch: UploadBatch, by: Actor, *states: str) -> UploadBatch:
    """Return the batch, locked until the transaction ends.

    Raises PortalError unless the user may handle it and it is in one of the states.
    """
    if not batch.may_be_handled_by(by):
        raise NotAllowedError("您不能修改这个批次。", cure="This user may not change this batch.")
    locked = UploadBatch.objects.locked().select_related("division", "period").get(pk=batch.pk)
    if locked.state not in states:
        raise StaleError(
            "这个批次正在处理或已经入库，不能再改；请刷新页面查看。", cure="The batch is not waiting for a decision."
        )
    return locked


def _check_again(batch: UploadBatch, *, queue: bool = True) -> None:
    """Put a locked batch back to be checked: by the worker, or without `queue` by the caller."""
    for name, value in (CHECK.queued() if queue else CHECK.begun()).items():
        setattr(batch, name, value)
    batch.notifies_uploader = queue
    batch.save()
    if queue:
        CHECK.announce(batch.pk)


def map_columns(*, batch: UploadBatch, chosen: Mapping[str, str], by: Actor) -> bool:
    """Map columns of a batch's file by hand, for this and the office's next files, and have it checked again.

    `chosen` gives by normalised header a field, IGNORED or AUTOMATIC (`uploads.column_mapping`). Returns False when
    nothing was changed. Raises PortalError for a mapping that makes no sense or a batch that is not waiting.
    """
    with transaction.atomic():
        locked = _locked_batch(batch, by, State.CHECKED, State.REJECTED)
        if not locked.stored_as:
            raise NotFoundError("上传的原文件已按期清除，请重新上传。", cure="The original is purged. Upload it again.")
        sheet = register_named(locked.register)()
        columns = file_columns(locked, sheet)
        check_choices(columns, chosen, sheet)
        changed = changed_choices(columns, chosen)
        if not changed:
            return False
        _remember(locked, changed)
        locked.needs_reading = True
        _check_again(locked)
    return True


def choose_register(*, batch: UploadBatch, register: str, by: Actor) -> None:
    """Say which register a batch's file is for, where that was not recognised or chosen wrongly; have it checked again.

    Tables of other registers in the file are named as not read, as for any file whose register the user has chosen.
    Raises PortalError for an unknown register or a batch that does not wait for the answer.
    """
    sheet = register_named(register)
    with transaction.atomic():
        locked = _locked_batch(batch, by, State.REJECTED)
        if not locked.can_change_register:
            raise StaleError("这个批次的登记表已经确定，请刷新页面查看。", cure="The batch has its register.")
        if not locked.stored_as:
            raise NotFoundError("上传的原文件已按期清除，请重新上传。", cure="The original is purged. Upload it again.")
        locked.register = sheet.name
        locked.problems, locked.mapping = [], []
        locked.needs_reading = True
        _check_again(locked)


def _remember(batch: UploadBatch, choices: Mapping[str, str]) -> None:
    """Store choices by normalised header for the office of a batch; delete those of columns chosen AUTOMATIC."""
    ColumnMapping.objects.of_office(batch).filter(header__in=choices).delete()
    ColumnMapping.objects.bulk_create(
        ColumnMapping(
            division=batch.division,
            register=batch.register,
            header=name,
            field="" if choice == IGNORED else choice,
        )
        for name, choice in choices.items()
        if choice != AUTOMATIC
    )


def change_month(*, batch: UploadBatch, period: ReportingPeriod, by: Actor) -> bool:
    """Assign a checked batch to another month; return False when it has it already. Raises PortalError."""
    with transaction.atomic():
        locked = _locked_batch(batch, by, State.CHECKED)
        if locked.period_id == period.pk:
            return False
        if period.state != ReportingPeriod.State.OPEN:
            raise InvalidError(
                f"{period}没有开放填报，请选开放的月份。", cure=f"{period.month:%Y-%m} is not open.", field="period"
            )
        locked.period = period
        # The month decides which of several columns is read: 户数（2017年）, 户数（2018年）.
        if locked.stored_as and any(part.get("depends_on_month") for part in locked.mapping):
            locked.needs_reading = True
        _check_again(locked)
    return True


def alter_locked_months(*, batch: UploadBatch, reason: str, by: Actor) -> None:
    """Let a checked batch change figures dated in locked months, for a reason that the log stores. Raises PortalError.

    The locked results do not change; 锁定后变动 shows what they would be today.
    """
    check_may_alter_locked(by, reason)
    with transaction.atomic():
        locked = _locked_batch(batch, by, State.CHECKED)
        locked.locked_reason = reason.strip()
        _check_again(locked)


def correct_cell(*, batch: UploadBatch, position: int, field: str, text: str, by: Actor) -> None:
    """Read `text` in place of one cell of a checked batch's file, and compare the batch again.

    A batch of at most MOST_ROWS_AT_ONCE rows is compared before this returns. Raises PortalError.
    """
    with transaction.atomic():
        locked = _locked_batch(batch, by, State.CHECKED)
        row = locked.staged_rows.filter(position=position).first()
        column = next((each for each in register_named(locked.register).columns if each.field == field), None)
        if row is None or column is None:
            raise NotFoundError("没有找到要改的这一格，请刷新页面后再改。", cure="No such row or column.")
        add_correction(locked, row, column, text, by=by)
        is_small = locked.rows <= MOST_ROWS_AT_ONCE
        _check_again(locked, queue=not is_small)
    if is_small:
        check_batch(locked)
