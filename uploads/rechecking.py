"""What sends a checked batch back to be checked: columns mapped by hand, another month, a cell corrected in the page,
a reason for altering a locked month.

Nothing has been written to the registers yet, so a new check simply replaces the preview.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.registers.registry import register_named
from periods.models import ReportingPeriod
from uploads.actions import check_batch, check_may_alter_locked
from uploads.correcting import add_correction
from uploads.jobs import CHECK
from uploads.mapping import check_choices, file_columns, remember
from uploads.models import UploadBatch

State = UploadBatch.State
MOST_ROWS_AT_ONCE = 2_000  # a batch of more rows is compared again by the worker, not while the person waits


def _hold(batch: UploadBatch, by: Any, *states: str) -> UploadBatch:
    """The batch, locked until the transaction ends. Raises PortalError unless it is the user's and in one of the states."""
    if not batch.may_be_handled_by(by):
        raise NotAllowedError("您不能修改这个批次。", cure="This user may not change this batch.")
    held = UploadBatch.objects.select_for_update(of=("self",)).select_related("division", "period").get(pk=batch.pk)
    if held.state not in states:
        raise StaleError(
            "这个批次正在处理或已经入库，不能再改；请刷新页面查看。", cure="The batch is not waiting for a decision."
        )
    return held


def _let_check(batch: UploadBatch, *, queue: bool = True) -> None:
    """Put a held batch back to be checked: by the worker, or without `queue` by the caller."""
    for name, value in (CHECK.queued() if queue else CHECK.begun()).items():
        setattr(batch, name, value)
    batch.seen_at = None if queue else batch.seen_at
    batch.save()
    if queue:
        CHECK.announce(batch.pk)


def map_columns(*, batch: UploadBatch, chosen: Mapping[str, str], by: Any) -> bool:
    """Map columns of a batch's file by hand, for this and the office's next files, and check it again.

    `chosen` gives per normalised header a field, `mapping.IGNORED` or `mapping.AUTOMATIC`. False when everything is
    as it was. Raises PortalError for a mapping that makes no sense or a batch that is not waiting.
    """
    with transaction.atomic():
        held = _hold(batch, by, State.CHECKED, State.REJECTED)
        if not held.stored_as:
            raise NotFoundError("上传的原文件已按期清除，请重新上传。", cure="The original is purged. Upload it again.")
        sheet = register_named(held.register)()
        columns = file_columns(held, sheet)
        check_choices(columns, chosen, sheet)
        if not remember(held, columns, chosen):
            return False
        held.needs_reading = True
        _let_check(held)
    return True


def change_month(*, batch: UploadBatch, period: ReportingPeriod, by: Any) -> bool:
    """Let a checked batch count for another month. False when it does already. Raises PortalError."""
    with transaction.atomic():
        held = _hold(batch, by, State.CHECKED)
        if held.period_id == period.pk:
            return False
        if period.state != ReportingPeriod.State.OPEN:
            raise InvalidError(
                f"{period}没有开放填报，请选开放的月份。", cure=f"{period.month:%Y-%m} is not open.", field="period"
            )
        held.period = period
        _let_check(held)
    return True


def alter_locked_months(*, batch: UploadBatch, reason: str, by: Any) -> None:
    """Let a checked batch bring in figures dated in locked months, for a reason that the log keeps. Raises PortalError.

    The locked results do not change; what they would be today is shown apart.
    """
    check_may_alter_locked(by, reason)
    with transaction.atomic():
        held = _hold(batch, by, State.CHECKED)
        held.locked_reason = reason.strip()
        _let_check(held)


def correct_cell(*, batch: UploadBatch, position: int, field: str, text: str, by: Any) -> None:
    """Read `text` in place of one cell of a checked batch's file, and compare the batch again.

    A batch of at most MOST_ROWS_AT_ONCE rows is compared before this returns. Raises PortalError.
    """
    with transaction.atomic():
        held = _hold(batch, by, State.CHECKED)
        row = held.staged_rows.filter(position=position).first()
        column = next((each for each in register_named(held.register).columns if each.field == field), None)
        if row is None or column is None:
            raise NotFoundError("没有找到要改的这一格，请刷新页面后再改。", cure="No such row or column.")
        add_correction(held, row, column, text, by=by)
        is_small = held.rows <= MOST_ROWS_AT_ONCE
        _let_check(held, queue=not is_small)
    if is_small:
        check_batch(held)


def mark_as_seen(*, by: Any, batch: UploadBatch | None = None) -> None:
    """Note that a user has looked at what came of the own upload `batch`, or of all own ones; others' stay as they are."""
    news = UploadBatch.objects.news_for(by)
    if batch is not None:
        news = news.filter(pk=batch.pk)
    news.update(seen_at=timezone.now())
