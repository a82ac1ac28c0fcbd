"""Editing several records of several registers as one: checked together, written as one change set or not at all.

A page that shows all that belongs to one place saves so. Each edit is a row of its register, as in `changelog.actions.edit`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from changelog.actions.apply import apply_writes
from changelog.actions.edit import Edit, check_rows, edit_context, notify_of_leaving, refuse_unless_may_edit
from changelog.models import ChangeSet, RegisterLock
from changzhi_portal.records import Record
from changzhi_portal.refusals import InvalidError, NotFoundError, StaleError
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.editing import row_of_input
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.rights import Actor
from changzhi_portal.scope import lie_within
from changzhi_portal.violations import violation_in_words
from periods.models import ReportingPeriod


@dataclass(frozen=True, slots=True)
class WantedEdit:
    """What a person wants of one record; see `edit_record` for the fields. Without a `ref` a new record."""

    register: type[RegisterSheet]
    values: Mapping[str, Any]
    ref: str = ""
    version: int | None = None
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class EditsTogether:
    """What came of the edits, in their order.

    Nothing was written where one of them has an error, or where records were changed since the person saw them
    (`stale`, their refs); neither where all say what the registers say already.
    """

    edits: tuple[Edit, ...]
    change_set: ChangeSet | None = None
    stale: frozenset[str] = frozenset()

    @property
    def has_error(self) -> bool:
        """Whether something must be put right, or looked at again, before it can be written."""
        return bool(self.stale) or any(edit.has_error for edit in self.edits)


def check_together(
    *, edits: Sequence[WantedEdit], by: Actor, period: ReportingPeriod | None = None, locked_reason: str = ""
) -> EditsTogether:
    """Judge edits without writing them. Raises NotAllowedError, NotFoundError and InvalidError as `edit_together`."""
    refuse_unless_may_edit(by, locked_reason)
    records = _records(edits, by, lock=False)
    context = edit_context(by, period, locked_reason, locking=False)
    rows = _checked(edits, records, context)
    return EditsTogether(tuple(map(Edit, rows)), stale=_stale(edits, records))


def edit_together(
    *,
    edits: Sequence[WantedEdit],
    by: Actor,
    summary: str,
    period: ReportingPeriod | None = None,
    locked_reason: str = "",
) -> EditsTogether:
    """Change and add the records, and log all of it as one change set with this summary.

    `period` and `locked_reason` are those of `edit_record`. Raises NotAllowedError when the person may not edit,
    NotFoundError for a record that is not in the own area, StaleError when a write would leave that, InvalidError for a
    field that a register does not have or what the database refuses.
    """
    refuse_unless_may_edit(by, locked_reason)
    registers = _in_order(edits)
    try:
        with transaction.atomic():
            for register in registers:
                RegisterLock.objects.lock(register.name)
            if any(register.has_dated_figures for register in registers):
                ReportingPeriod.objects.keep_from_locking()
            records = _records(edits, by, lock=True)
            rows = _checked(edits, records, edit_context(by, period, locked_reason, locking=True))
            stale = _stale(edits, records)
            checked = EditsTogether(tuple(map(Edit, rows)), stale=stale)
            if checked.has_error:
                return checked
            reason = f"（修改已锁定月份：{locked_reason.strip()}）" if locked_reason.strip() else ""
            change_set = _write(edits, rows, by, f"{summary}{reason}")
            return EditsTogether(checked.edits, change_set)
    except IntegrityError as error:
        written = tuple(dict.fromkeys(model for register in registers for model in register.writes_to))
        raise InvalidError(f"{violation_in_words(error, written)}没有保存，请核对后再改。") from error


def _in_order(edits: Sequence[WantedEdit]) -> list[type[RegisterSheet]]:
    """Return the registers of the edits, each once, in the order in which everybody locks and writes them."""
    return sorted({edit.register for edit in edits}, key=lambda register: register.position)


def _records(edits: Sequence[WantedEdit], by: Actor, *, lock: bool) -> dict[str, Record]:
    """Return the records of the edits by their refs, held until the transaction ends where `lock` is true."""
    found: dict[str, Record] = {}
    for register in _in_order(edits):
        refs = {edit.ref for edit in edits if edit.register is register and edit.ref}
        if not refs:
            continue
        visible = register.model.objects.visible_to(by).filter(ref__in=refs).order_by("pk")
        if lock:
            # Found first and locked by their keys: a scope is looked up through other tables.
            keys = list(visible.values_list("pk", flat=True))
            locked = register.model.objects.select_for_update(of=("self",), no_key=True)
            visible = locked.filter(pk__in=keys).order_by("pk")
        found |= {record.ref: record for record in visible}
        if missing := refs - found.keys():
            raise NotFoundError(
                f"有{len(missing)}条{register.title}记录已不在本单位（可能刚被调走、合并），没有保存，请重新打开页面。",
                cure=f"Not in the user's area: {', '.join(sorted(missing))}.",
            )
    return found


def _stale(edits: Sequence[WantedEdit], records: Mapping[str, Record]) -> frozenset[str]:
    return frozenset(edit.ref for edit in edits if edit.ref and records[edit.ref].version != edit.version)


def _checked(edits: Sequence[WantedEdit], records: Mapping[str, Record], context: CheckContext) -> list[RegisterRow]:
    """Return the row of each edit; those of one register are checked together, so that two may not be the same record."""
    rows: list[RegisterRow] = []
    of_register: dict[type[RegisterSheet], list[RegisterRow]] = defaultdict(list)
    new: dict[type[RegisterSheet], list[RegisterRow]] = defaultdict(list)
    for edit in edits:
        register = edit.register()
        row = row_of_input(register, edit.values, records.get(edit.ref))
        row.corrects = edit.corrects
        rows.append(row)
        of_register[edit.register].append(row)
        if not edit.ref:
            new[edit.register].append(row)
    for kind in _in_order(edits):
        check_rows(kind(), of_register[kind], context, new=new[kind])
    return rows


def _write(edits: Sequence[WantedEdit], rows: Sequence[RegisterRow], by: Actor, summary: str) -> ChangeSet | None:
    for position, row in enumerate(rows, start=1):
        for write in row.writes:
            write.batch_row, write.label = position, row.label
    writes = [write for row in rows for write in row.writes]
    if not lie_within(by.division, {write.division_id for write in writes}):
        raise StaleError(
            "有的记录不属于本单位（区划可能有变更），没有保存，请重新打开页面。",
            cure="A record is not in the user's area.",
        )
    registers = _in_order(edits)
    change_set = apply_writes(
        writes,
        models_in_order=tuple(dict.fromkeys(model for register in registers for model in register.writes_to)),
        by=by,
        division=by.division,
        summary=summary[: ChangeSet._meta.get_field("summary").max_length],
    )
    if change_set is not None:
        for register in registers:
            own = [row for edit, row in zip(edits, rows, strict=True) if edit.register is register]
            notify_of_leaving(register(), own, change_set)
    return change_set
