"""Changes to a batch that waits for a decision, each followed by a new check.

Its columns are mapped by hand, its month is changed, cells of a row are corrected or a row is left out in the page, or
the bureau gives a reason for altering a locked month. What the check compares has not been written to the registers, so
it only replaces the preview. Until a check that has seen the change has ended, nothing can be committed
(`UploadBatch.needs_check`). In a committed batch the rows that were left behind can still be corrected or left out
(`uploads.actions.rest`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db import transaction

from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.registers.registry import register_named
from changzhi_portal.rights import Actor
from periods.models import ReportingPeriod
from uploads.actions.check import check_batch
from uploads.actions.receive import check_may_alter_locked
from uploads.actions.rest import count_open_rows, open_rest
from uploads.column_mapping import AUTOMATIC, IGNORED, changed_choices, check_choices, file_columns
from uploads.jobs import CHECK
from uploads.models import ColumnMapping, UploadBatch, UploadRow
from uploads.rows.corrections import add_corrections
from uploads.rows.left_out import add_left_out, remove_left_out

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
            "这个批次正在处理或已经入库，不能再改；请打开这个批次，看它现在的状态。",
            cure="The batch is not waiting for a decision.",
        )
    return locked


def _refuse_once_written(batch: UploadBatch) -> None:
    """Raise StaleError for a batch of which rows are written: its file is not read again, its month stays."""
    if batch.has_written:
        raise StaleError(
            "这个批次已有行入库，列的对应和统计月不能再改；余下的行可以逐行改好再补入库。",
            cure="Rows of the batch have been written; its columns and its month stay.",
        )


def _open_row(batch: UploadBatch, position: int, by: Actor) -> tuple[UploadBatch, UploadRow | None]:
    """Return the batch, locked until the transaction ends, and its row at a position; None if there is no such row.

    Raises PortalError for a batch that does not wait, or is not the user's, and for a row that has been written.
    """
    locked = _locked_batch(batch, by, State.CHECKED, State.COMMITTED)
    row = locked.staged_rows.filter(position=position).first()
    if locked.values_wiped_at is not None:
        raise StaleError(
            "这个批次已过保存期限，行里的号码已清除，不能再改；请改好表格重新上传。",
            cure="The numbers in the rows of the batch were wiped when their time was over.",
        )
    if row is not None and not row.can_be_changed:
        raise StaleError(
            "这一行已经入库，不能在批次里再改；要改的，请改好表格重新上传。", cure="The row has been written."
        )
    return locked, row


def _check_again(batch: UploadBatch, *, queue: bool = True) -> None:
    """Put a locked batch back to be checked: by the worker, or without `queue` by the caller."""
    for name, value in (CHECK.queued() if queue else CHECK.begun()).items():
        setattr(batch, name, value)
    batch.needs_check = True
    batch.notifies_uploader = queue
    batch.replaced_by = None  # somebody goes on with it, whatever was brought in since
    batch.save()
    if queue:
        CHECK.announce(batch.pk)


def map_columns(*, batch: UploadBatch, chosen: Mapping[str, str], by: Actor) -> bool:
    """Map columns of a batch's file by hand, for this and the office's next files, and have it checked again.

    `chosen` gives by name of the column a field, IGNORED or AUTOMATIC (`uploads.column_mapping`). Returns False when
    nothing was changed. Raises PortalError for a mapping that makes no sense or a batch that is not waiting.
    """
    with transaction.atomic():
        locked = _locked_batch(batch, by, State.CHECKED, State.REJECTED)
        if not locked.stored_as:
            raise NotFoundError("上传的原文件已按期清除，请重新上传。", cure="The original is purged. Upload it again.")
        _refuse_once_written(locked)
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


def check_again(*, batch: UploadBatch, by: Actor) -> None:
    """Have a batch checked again whose last check was not finished, by an error of ours or workers that died.

    Nothing is lost by that: the file, its corrections and the rows left out are stored. Raises PortalError.
    """
    with transaction.atomic():
        locked = _locked_batch(batch, by, State.CHECKED, State.FAILED)
        if not locked.can_be_rechecked:
            if locked.state == State.FAILED:
                raise NotFoundError("上传的原文件已按期清除，请重新上传。", cure="The original is purged.")
            raise StaleError("这个批次已经核对完，不用重新核对。", cure="The last check of the batch has ended.")
        _check_again(locked)


def choose_register(*, batch: UploadBatch, register: str, by: Actor) -> None:
    """Say which register a batch's file is for, where that was not recognised or chosen wrongly; have it checked again.

    Tables of other registers in the file are named as not read, as for any file whose register the user has chosen.
    Raises PortalError for an unknown register or a batch that does not wait for the answer.
    """
    sheet = register_named(register)
    with transaction.atomic():
        locked = _locked_batch(batch, by, State.REJECTED)
        if not locked.can_change_register:
            raise StaleError("这个批次的登记表已经确定，不用再选。", cure="The batch has its register.")
        if not locked.stored_as:
            raise NotFoundError("上传的原文件已按期清除，请重新上传。", cure="The original is purged. Upload it again.")
        locked.register = sheet.name
        locked.problems, locked.mapping = [], []
        locked.needs_reading = True
        _check_again(locked)


def _remember(batch: UploadBatch, choices: Mapping[str, str]) -> None:
    """Store choices by name of the column for the office of a batch; delete those of columns chosen AUTOMATIC."""
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
        _refuse_once_written(locked)
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


def leave_out_row(*, batch: UploadBatch, position: int, by: Actor) -> None:
    """Leave one row that is not written out of its batch, and compare the batch again; do nothing if it is left out.

    Raises PortalError.
    """

    def leave_out(locked: UploadBatch, row: UploadRow) -> str:
        if row.outcome == UploadRow.Outcome.LEFT_OUT:
            return ""
        add_left_out(locked, row, by=by)
        return UploadRow.Outcome.LEFT_OUT

    _decide_about_row(batch, position, by, leave_out)


def take_row_back(*, batch: UploadBatch, position: int, by: Actor) -> None:
    """Take back a row that was left out, and compare the batch again; do nothing if it is not left out.

    Raises PortalError.
    """

    def take_back(locked: UploadBatch, row: UploadRow) -> str:
        if row.outcome != UploadRow.Outcome.LEFT_OUT:
            return ""
        remove_left_out(locked, row)
        return UploadRow.Outcome.ERROR  # until the check that follows says what it is

    _decide_about_row(batch, position, by, take_back)


def _decide_about_row(
    batch: UploadBatch, position: int, by: Actor, decide: Callable[[UploadBatch, UploadRow], str]
) -> None:
    """Stage one row with the outcome that `decide` returns ("": none) and check the batch again."""
    with transaction.atomic():
        locked, row = _open_row(batch, position, by)
        if row is None:
            raise NotFoundError("没有找到这一行，请从这个批次的页面重新打开。", cure="No such row.")
        outcome = decide(locked, row)
        if not outcome:
            return
        row.outcome = outcome
        row.save(update_fields=["outcome"])
        open_rest(locked)
        is_small = locked.to_decide["rows"] <= MOST_ROWS_AT_ONCE
        count_open_rows(locked)  # the check may fail
        _check_again(locked, queue=not is_small)
    if is_small:
        check_batch(locked)


def correct_row(
    *, batch: UploadBatch, position: int, texts: Mapping[str, str], by: Actor, seen: str | None = None
) -> None:
    """Read new texts, by field, in place of cells of a row that is not written, and compare the batch again, once.

    `seen` is the `check_mark` of the check that the user has looked at. Either all cells are corrected or none. A batch
    of at most MOST_ROWS_AT_ONCE rows is compared before this returns. Raises PortalError, with the field of a cell that
    is refused.
    """
    with transaction.atomic():
        locked, row = _open_row(batch, position, by)
        if seen is not None and seen != locked.check_mark:
            raise StaleError(
                "您打开页面以后，有人改过这个批次，没有保存；请看一看现在的内容，再保存一次。",
                cure="The batch was checked anew after its row was read. Read it again.",
            )
        columns = {column.field: column for column in register_named(locked.register).columns}
        if row is None or not texts.keys() <= columns.keys():
            raise NotFoundError("没有找到要改的这一格，请从这个批次的页面重新打开。", cure="No such row or column.")
        add_corrections(locked, row, [(columns[name], text) for name, text in texts.items()], by=by)
        open_rest(locked)
        is_small = locked.to_decide["rows"] <= MOST_ROWS_AT_ONCE
        _check_again(locked, queue=not is_small)
    if is_small:
        check_batch(locked)
