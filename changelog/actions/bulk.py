"""Setting one field of many records at once: each record is a row of one batch without a file (docs/domain.md §4.12).

The register's own check judges all rows together, as it judges those of a spreadsheet. Rows with an error are left out, and
the preview says so; what is written is exactly what the preview has shown, or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import IntegrityError, transaction

from changelog.actions.apply import apply_writes
from changelog.actions.edit import edit_context, refuse_unless_may_edit
from changelog.actions.log import begin_change_set
from changelog.models import LONGEST_REASON, ChangeSet, RegisterLock
from changzhi_portal.bulk import in_batches
from changzhi_portal.pages.bulk import MOST_AT_ONCE
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, NotFoundError, StaleError
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.editing import row_of_input
from changzhi_portal.registers.form_fields import in_words
from changzhi_portal.registers.problems import Level
from changzhi_portal.registers.register import NOT_HELD, RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.rights import Actor
from changzhi_portal.scope import lie_within
from changzhi_portal.violations import violation_in_words
from periods.models import ReportingPeriod

MOST_NAMED = 5  # records, in a sentence


@dataclass(frozen=True, slots=True)
class BulkLine:
    """What a bulk edit does to one record: `old` and `new` in words; `problems` keep it out, `remarks` should be read."""

    record: Any
    version: int
    old: str = ""
    new: str = ""
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkEdit:
    """What a bulk edit does: records that change, those left out, and those that say so already."""

    column: Column
    changing: Sequence[BulkLine] = ()
    left_out: Sequence[BulkLine] = ()
    unchanged: Sequence[BulkLine] = ()
    missing: int = 0  # records that are not, or no longer, in the person's area
    rows: Sequence[RegisterRow] = field(default=(), repr=False)
    change_set: ChangeSet | None = None

    @property
    def versions(self) -> dict[str, int]:
        """Return by ref the versions of the records that change, which whoever confirms has seen."""
        return {line.record.ref: line.version for line in self.changing}


def check_bulk(*, register: RegisterSheet, refs: Sequence[str], name: str, value: Any, by: Actor) -> BulkEdit:
    """Judge a bulk edit without writing it; see `edit_in_bulk`."""
    refuse_unless_may_edit(by)
    return _checked(register, refs, name, value, by, locking=False)


def edit_in_bulk(
    *,
    register: RegisterSheet,
    refs: Sequence[str],
    name: str,
    value: Any,
    seen: Mapping[str, int],
    reason: str,
    by: Actor,
) -> BulkEdit:
    """Set the field `name` of the records with these refs to a value, as one change set with the reason.

    `value` is as a form sends it; 清空 empties the field. `seen` gives, by ref, the versions of the records that the preview
    showed as changing: unless exactly these would change now, nothing is written. Records with an error stay as they are.

    Raises NotAllowedError, NotFoundError where none of the records is in the person's area, StaleError where something has
    changed since the preview, and InvalidError for a field that is not set for many at once, too many records, nothing to
    change, a missing reason, or what the database refuses.
    """
    refuse_unless_may_edit(by)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidError(
            f"请写明修改的原因，不超过{LONGEST_REASON}个字。",
            cure=f"Give a reason of at most {LONGEST_REASON} characters.",
            field="reason",
        )
    refuse_personal_numbers(reason, what="原因", field="reason")
    try:
        with transaction.atomic():
            RegisterLock.objects.lock(register.name)
            if register.has_dated_figures:
                ReportingPeriod.objects.keep_from_locking()
            edit = _checked(register, refs, name, value, by, locking=True)
            _refuse_unseen(edit, seen)
            return replace(edit, change_set=_write(edit, register, reason, by))
    except IntegrityError as error:
        why = violation_in_words(error, register.writes_to)
        raise InvalidError(f"{why}没有修改任何记录，请核对后再试。") from error


def _column(register: RegisterSheet, name: str) -> Column:
    column = next((each for each in register.bulk_columns() if each.field == name), None)
    if column is None:
        raise InvalidError(
            "请选择要批量修改的项目。",
            cure=f"{register.name} has no field {name!r} for many records at once.",
            field="field",
        )
    return column


def _checked(
    register: RegisterSheet, refs: Sequence[str], name: str, value: Any, by: Actor, *, locking: bool
) -> BulkEdit:
    """Return what the edit does, by the register's check of all rows together; the number of queries is fixed."""
    column = _column(register, name)
    wanted = list(dict.fromkeys(refs))
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidError(
            f"选了{len(wanted)}条，一次最多修改{MOST_AT_ONCE}条，请分几次修改。",
            cure=f"Give at most {MOST_AT_ONCE} records.",
        )
    records = _records(register, wanted, by)
    if not records:
        raise NotFoundError(f"没有找到所选的{register.title}记录。", cure="None of the records is in the user's area.")
    rows = [row_of_input(register, {name: value}, record) for record in records]
    for row in rows:
        row.corrects = True  # of a last day: the newest posting's
    versions = {record.ref: record.version for record in records}
    _check(register, rows, edit_context(by, locking=locking))
    changing: list[BulkLine] = []
    left_out: list[BulkLine] = []
    unchanged: list[BulkLine] = []
    for record, row in zip(records, rows, strict=True):
        line = _line(column, record, versions[record.ref], row)
        into = left_out if line.problems else changing if row.writes else unchanged
        into.append(line)
    good = [row for row in rows if row.writes and not row.has_error]
    return BulkEdit(column, changing, left_out, unchanged, len(wanted) - len(records), good)


def _records(register: RegisterSheet, refs: Sequence[str], by: Actor) -> list[Any]:
    """Return the records with these refs in the person's own area, in the order of the refs."""
    found: dict[str, Any] = {}
    for batch in in_batches(refs):
        keys = register.model.objects.visible_to(by).filter(ref__in=batch).values_list("pk", flat=True)
        found |= {record.ref: record for record in register.model.objects.filter(pk__in=list(keys))}
    return [found[ref] for ref in refs if ref in found]


def _check(register: RegisterSheet, rows: Sequence[RegisterRow], context: CheckContext) -> None:
    register.check(rows, context)
    for row in rows:
        if row.place is None and row.has_error:  # whatever the check says of its place, nobody has typed one
            row.problems.clear()
            row.report("unknown_place", NOT_HELD, level=Level.ERROR)


def _line(column: Column, record: Any, version: int, row: RegisterRow) -> BulkLine:
    """Return what the row does to its record; the column's own write says from which value to which."""
    told = {level: tuple(each.message for each in row.problems if each.level == level) for level in Level}
    if row.has_error:
        return BulkLine(record, version, problems=told[Level.ERROR])
    of_column = (
        write
        for write in row.writes
        if type(write.instance) is column.model
        and column.attribute in write.after
        and all(getattr(write.instance, name) == wanted for name, wanted in column.where.items())
    )
    write = next(of_column, None)
    if write is None:
        return BulkLine(record, version, remarks=told[Level.WARNING])
    old = in_words(column, write.before.get(column.attribute))
    new = in_words(column, write.after[column.attribute])
    return BulkLine(record, version, old, new, remarks=(*told[Level.WARNING], *row.also))


def _refuse_unseen(edit: BulkEdit, seen: Mapping[str, int]) -> None:
    """Raise StaleError unless exactly the records change that the preview showed, in the versions that it showed."""
    now = edit.versions
    if not now:
        raise InvalidError("没有要修改的记录：所选的都已经是这个值，或者有问题。", cure="Nothing would change.")
    if now == dict(seen):
        return
    lines = (*edit.changing, *edit.left_out, *edit.unchanged)
    names = [str(line.record) for line in lines if now.get(line.record.ref) != seen.get(line.record.ref)]
    told = "、".join(f"“{name}”" for name in names[:MOST_NAMED]) + ("等" if len(names) > MOST_NAMED else "")
    raise StaleError(
        f"您看过预览以后，有人改过{told or '所选的记录'}，没有修改任何记录；下面是按现在的内容会改什么，请再确认一次。",
        cure="The records are not what the preview showed. Preview again.",
    )


def _write(edit: BulkEdit, register: RegisterSheet, reason: str, by: Actor) -> ChangeSet:
    """Write the rows and log them as one change set; undoing goes row by row, as that of an upload."""
    writes = []
    for position, row in enumerate(edit.rows, start=1):
        for write in row.writes:
            write.batch_row, write.label = position, row.label
            writes.append(write)
    if not lie_within(by.division, {write.division_id for write in writes}):
        raise StaleError(
            "所选的记录不都属于本单位（区划可能有变更），没有修改任何记录，请重新打开名单。",
            cure="A record is not in the user's area.",
        )
    change_set = begin_change_set(
        by=by,
        division=by.division,
        reason=reason,
        summary=f"批量修改{register.title}的“{edit.column.header}”，{len(edit.rows)}条",
    )
    apply_writes(writes, models_in_order=register.writes_to, by=by, division=by.division, summary="", into=change_set)
    return change_set
