"""Editing one record in a form or by the API: a batch of one row without a file (docs/architecture.md, decision 8).

The register's own check judges the row, as it judges those of a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from changelog.actions.apply import apply_writes
from changelog.models import LONGEST_REASON, ChangeSet, RegisterLock
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.records import Record
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.editing import problems_by_field, row_of_input
from changzhi_portal.registers.problems import Problem
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.rights import Actor, has_right
from changzhi_portal.scope import lie_within
from changzhi_portal.violations import violation_in_words
from periods.models import CheckThresholds, ReportingPeriod

ONLY_ROW = 1  # the position by which undoing finds the records of the edit


@dataclass(frozen=True, slots=True)
class Edit:
    """What came of an edit. Nothing was written where it has an error, or says what the register says already."""

    row: RegisterRow
    change_set: ChangeSet | None = None

    @property
    def has_error(self) -> bool:
        """Whether something must be put right before it can be written."""
        return self.row.has_error

    @property
    def problems(self) -> dict[str, list[Problem]]:
        """Errors and warnings by field; under "" those of no single field."""
        return problems_by_field(self.row)

    @property
    def record(self) -> Record | None:
        """The record that was edited or added; None where there is an error, or only a check of a new one."""
        if self.has_error:
            return None
        written = (write.instance for write in self.row.writes)
        found = self.row.target or next((each for each in written if isinstance(each, Record)), None)
        return found if isinstance(found, Record) else None


def check_edit(
    *,
    register: RegisterSheet,
    values: Mapping[str, Any],
    by: Actor,
    ref: str = "",
    period: ReportingPeriod | None = None,
    locked_reason: str = "",
    corrects: bool = False,
) -> Edit:
    """Judge an edit without writing it: for what a form shows before it is saved. See `edit_record`."""
    refuse_unless_may_edit(by, locked_reason)
    record = _record(register, ref, by, lock=False) if ref else None
    return Edit(_checked(register, values, record, edit_context(by, period, locked_reason, locking=False), corrects))


def edit_record(
    *,
    register: RegisterSheet,
    values: Mapping[str, Any],
    by: Actor,
    ref: str = "",
    version: int | None = None,
    period: ReportingPeriod | None = None,
    locked_reason: str = "",
    corrects: bool = False,
    part_of: str = "",
) -> Edit:
    """Change the record with this ref, or without a ref add a new one, and log it as a change set of its own.

    `values` are by field, see `row_of_input`. `version` is that of the record as the person saw it. `period` is the
    month that figures without a day of their own count for, by default the one in hand; `locked_reason` lets the bureau
    give figures of a locked month. With `corrects` a posting's first day corrects that of the newest posting; without
    it a later day adds a posting, as in a spreadsheet. `part_of` names what the edit belongs to, such as a filing that is
    granted: its summary says so, and it is not taken back by itself.

    Nothing is written when the row has an error: the edit's problems say at which field. Raises NotAllowedError when the
    person may not edit, NotFoundError for a record that is not in the own area, StaleError when it has been changed
    since that version, InvalidError for a field that the register does not have or what the database refuses.
    """
    if ref and version is None:
        raise ValueError("An edit of an existing record says which version was seen.")
    refuse_unless_may_edit(by, locked_reason)
    try:
        with transaction.atomic():
            RegisterLock.objects.lock(register.name)
            if register.has_dated_figures:
                ReportingPeriod.objects.keep_from_locking()
            record = _record(register, ref, by, lock=True) if ref else None
            if record is not None and record.version != version:
                raise StaleError(
                    f"您打开页面以后，有人改过“{record}”，没有保存；请看一看现在的内容，再改一次。",
                    cure=f"The record is at version {record.version}, not {version}. Read it again.",
                )
            row = _checked(register, values, record, edit_context(by, period, locked_reason, locking=True), corrects)
            return Edit(row, None if row.has_error else _write(row, register, by, locked_reason, part_of))
    except IntegrityError as error:
        why = violation_in_words(error, register.writes_to)
        raise InvalidError(f"{why}没有保存，请核对后再改。") from error


def refuse_unless_may_edit(by: Actor, locked_reason: str = "") -> None:
    """Raise NotAllowedError unless the person may edit registers, InvalidError for a reason that cannot be kept."""
    if not has_right(by, "may_upload"):
        raise NotAllowedError(
            "您的角色不能修改登记表，请联系市局管理员。", cure=f"The role of {by} may not edit registers."
        )
    if locked_reason and not has_right(by, "may_alter_locked_months"):
        raise NotAllowedError("只有市局可以修改已锁定月份的数据。", cure="Only the bureau may alter locked months.")
    if len(locked_reason) > LONGEST_REASON:
        raise InvalidError(
            f"请写明修改已锁定月份数据的原因，不超过{LONGEST_REASON}个字。",
            cure=f"Give a reason of at most {LONGEST_REASON} characters.",
            field="locked_reason",
        )
    refuse_personal_numbers(locked_reason, what="原因", field="locked_reason")


def _record(register: RegisterSheet, ref: str, by: Actor, *, lock: bool) -> Record:
    """Return the record in the person's own area, held until the transaction ends where `lock` is true."""
    found = register.model.objects.visible_to(by).filter(ref=ref).order_by("pk")
    if lock:
        # Found first and locked by its key: a scope is looked up through other tables.
        keys = list(found.values_list("pk", flat=True))
        found = register.model.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys)
    record: Record | None = found.first()
    if record is None:
        raise NotFoundError(f"没有找到这条{register.title}记录。", cure="There is no such record in the user's area.")
    return record


def edit_context(
    by: Actor, period: ReportingPeriod | None = None, locked_reason: str = "", *, locking: bool
) -> CheckContext:
    """Return the context in which edits are checked; see `edit_record`."""
    period = period or ReportingPeriod.objects.for_month_or_in_hand(None)
    return CheckContext(
        scope_path=by.division.path,
        division=by.division,
        day=period.as_of,
        today=timezone.localdate(),
        may_alter_locked=bool(locked_reason.strip()),
        locked_months=frozenset(ReportingPeriod.objects.locked().values_list("month", flat=True)),
        thresholds=CheckThresholds.objects.for_month(period.month),
        locking=locking,
    )


def _checked(
    register: RegisterSheet, values: Mapping[str, Any], record: Record | None, context: CheckContext, corrects: bool
) -> RegisterRow:
    """Return the row of an edit as the register's check leaves it, its problems named by the headers of their columns."""
    row = row_of_input(register, values, record)
    row.corrects = corrects
    check_rows(register, [row], context, new=[row] if record is None else [])
    return row


def check_rows(
    register: RegisterSheet, rows: Sequence[RegisterRow], context: CheckContext, *, new: Sequence[RegisterRow]
) -> None:
    """Let the register check rows of edits, of which `new` are to add records; their problems get the headers of columns."""
    register.check(rows, context)
    for row in new:
        if row.target is not None and not row.is_new:
            # A spreadsheet may mean a record by its key; whoever adds one has not seen the one that is there.
            keys = [column.field for column in register.columns if column.is_key and column.field in row.columns]
            row.report("conflicting_key", "登记表中已有这条记录，请打开那条记录修改", *keys)
    headers = {column.field: column.header for column in register.columns}
    for problem in (problem for row in rows for problem in row.problems):
        problem.column = headers.get(problem.field, "")


def _write(
    row: RegisterRow, register: RegisterSheet, by: Actor, locked_reason: str, part_of: str = ""
) -> ChangeSet | None:
    """Write the row and log it; None when it says what the register says already."""
    if not lie_within(by.division, {write.division_id for write in row.writes}):
        raise StaleError(
            "这条记录不属于本单位（区划可能有变更），没有保存，请重新打开页面。",
            cure="The record is not in the user's area.",
        )
    for write in row.writes:
        # Without a row it cannot be taken back by itself (`changelog.actions.undo`).
        write.batch_row, write.label = None if part_of else ONLY_ROW, row.label
    reason = f"（修改已锁定月份：{locked_reason.strip()}）" if locked_reason.strip() else ""
    change_set = apply_writes(
        row.writes,
        models_in_order=register.writes_to,
        by=by,
        division=by.division,
        summary=f"{part_of or ('新增' if row.is_new else '修改') + register.title}{reason}：{row.label}",
    )
    if change_set is not None:
        notify_of_leaving(register, [row], change_set)
    return change_set


def notify_of_leaving(register: RegisterSheet, rows: Sequence[RegisterRow], change_set: ChangeSet) -> None:
    """Notify the offices that lose people by written rows; see `RegisterSheet.notify_offices_left`."""
    left: dict[int, list[str]] = {}
    for row in rows:
        for write in row.writes:
            if write.leaves_division_id is not None:
                left.setdefault(write.leaves_division_id, []).append(row.label)
    if left:
        register.notify_offices_left(change_set, left)
