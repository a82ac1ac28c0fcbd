"""Taking back an edit of one record, or of many at once, from its entry in the history (docs/domain.md §4.12).

A change set is reversed as that of an upload (`changelog.actions.reverse`): record by record, those that were changed since
stay as they are. An upload is undone on its own page, and so is a merge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q

from changelog.actions.edit import refuse_unless_may_edit
from changelog.actions.reverse import Reversal, reversal_of, reverse_change_set
from changelog.models import ChangeRecord, ChangeSet, RegisterLock
from changzhi_portal.refusals import LockedError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_writing, registers
from changzhi_portal.rights import Actor, has_right
from changzhi_portal.scope import lie_within
from periods.models import ReportingPeriod

MERGED_INTO = "merged_into_id"  # what only a merge changes


@dataclass(frozen=True, slots=True)
class Undoing:
    """A change set that may be taken back: its registers, its records by row, and why some rows stay as they are.

    A page that shows all that belongs to one place writes several registers at once; they are in the order in which
    everybody locks and writes them.
    """

    change_set: ChangeSet
    registers: tuple[RegisterSheet, ...]
    rows: Mapping[int, Sequence[ChangeRecord]]
    kept: Mapping[int, str]

    @property
    def reversible(self) -> frozenset[int]:
        """Return the rows that can be taken back."""
        return frozenset(self.rows.keys() - self.kept.keys())

    @property
    def models_in_order(self) -> tuple[type[models.Model], ...]:
        """Return the models that its registers write, each once, in the order of insertion."""
        return tuple(dict.fromkeys(model for register in self.registers for model in register.writes_to))


def is_undoable(record: ChangeRecord) -> bool:
    """Tell whether a change is one of an edit in a page, which its history offers to take back.

    Its change set must be loaded. What was taken back already the caller knows.
    """
    change_set = record.change_set
    if change_set.batch_id is not None or change_set.reverses_id is not None or record.batch_row is None:
        return False
    model = apps.get_model(record.model)
    return MERGED_INTO not in record.after and register_writing(model) is not None


def with_all_undoable(change_sets: Collection[int]) -> frozenset[int]:
    """Return those of change sets (by their keys) of which every record `is_undoable`. One query, none for no change set.

    A merger of villages also changes records that registers write, beside others that none does.
    """
    if not change_sets:
        return frozenset()
    written = {model._meta.label_lower for register in registers() for model in register.writes_to}
    others = Q(batch_row__isnull=True) | Q(after__has_key=MERGED_INTO) | ~Q(model__in=written)
    of_them = ChangeRecord.objects.filter(others, change_set__in=change_sets).order_by()
    return frozenset(change_sets) - frozenset(of_them.values_list("change_set", flat=True).distinct())


def find_undoing(*, ref: str, by: Actor, lock: bool = False) -> Undoing:
    """Return the edit with this ref of its change set, and what taking it back would do.

    Raises NotFoundError for one that touches nothing in the person's area, and for what is no edit in a page (uploads and
    merges are undone on their own pages); NotAllowedError where it touches records of others; LockedError where only the
    bureau may alter the month of its figures; StaleError where it was taken back already.
    """
    missing = NotFoundError("没有找到这次修改。", cure="There is no such edit in the user's area.")
    if not ChangeRecord.objects.visible_to(by).filter(change_set__ref=ref).exists():
        raise missing
    if lock:
        ChangeSet.objects.select_for_update(of=("self",)).get(ref=ref)
    change_set = ChangeSet.objects.select_related("made_by", "division", "reversed_by").get(ref=ref)
    records = list(change_set.records.select_related("change_set"))
    if not records or not all(map(is_undoable, records)):
        raise missing
    written = _registers_of(records)
    _refuse_what_is_not_ones_own(change_set, records, written, by)
    rows: dict[int, list[ChangeRecord]] = defaultdict(list)
    for record in records:
        rows[record.batch_row or 0].append(record)
    found = reversal_of(change_set)
    return Undoing(change_set, written, rows, found.kept | found.failed)


def _registers_of(records: Sequence[ChangeRecord]) -> tuple[RegisterSheet, ...]:
    """Return every register that the changes are of, in the order in which all are locked (see `edit_together`)."""
    found = {register_writing(apps.get_model(model)) for model in {record.model for record in records}}
    return tuple(register() for register in sorted(filter(None, found), key=lambda register: register.position))


def _refuse_what_is_not_ones_own(
    change_set: ChangeSet, records: Sequence[ChangeRecord], written: Sequence[RegisterSheet], by: Actor
) -> None:
    if hasattr(change_set, "reversed_by"):
        raise StaleError("这次修改已经撤销过了。", cure="The change set has been reversed.")
    if not lie_within(by.division, {record.division_id for record in records}):
        raise NotAllowedError(
            "这次修改涉及其他单位的记录，请联系市局撤销。", cure="The edit touches records of another area."
        )
    if has_right(by, "may_alter_locked_months"):
        return
    keys: defaultdict[str, list[int]] = defaultdict(list)
    for record in records:
        keys[record.model].append(record.object_id)
    months = {month for register in written for month in register.months_written(keys)}
    locked = ReportingPeriod.objects.locked().filter(month__in=months).order_by("month")
    if locked:
        named = "、".join(str(period) for period in locked)
        raise LockedError(
            f"这次修改写入了{named}的数据，月份已锁定，只有市局可以撤销，请联系市局业务员。",
            cure="The edit wrote figures of a locked month: only the bureau may undo it.",
        )


def undo_changes(*, ref: str, seen: frozenset[int], by: Actor) -> ChangeSet:
    """Reverse the edit with this ref of its change set, and return the reversing change set.

    `seen` are the rows that the person saw could be taken back; unless it is these, nothing is written and StaleError says
    so. Raises what `find_undoing` raises, NotAllowedError for a role without the right, and StaleError where every record was
    changed since or a value is taken.
    """
    refuse_unless_may_edit(by)
    undoing = find_undoing(ref=ref, by=by)
    with transaction.atomic():
        for register in undoing.registers:
            RegisterLock.objects.lock(register.name)
        if any(register.has_dated_figures for register in undoing.registers):
            ReportingPeriod.objects.keep_from_locking()
        undoing = find_undoing(ref=ref, by=by, lock=True)
        if undoing.reversible != seen:
            raise StaleError(
                "您打开页面以后，有人又改过这些记录，没有撤销；请看一看现在能撤销哪些，再确认一次。",
                cure="Other rows can be reversed than those that were shown.",
            )
        if not undoing.reversible:
            raise StaleError(_refusal(undoing.kept), cure="Every record of the edit was changed since.")
        result: Reversal = reverse_change_set(undoing.change_set, by=by, models_in_order=undoing.models_in_order)
        if result.failed.keys() - undoing.kept.keys() or result.change_set is None:
            raise StaleError(_refusal(result.failed), cure="A value that a record had before is taken.")
        for register in undoing.registers:
            register.notify_offices_left_undone(undoing.change_set)
        return result.change_set


def _refusal(why: Mapping[int, Any]) -> str:
    told = "；".join(dict.fromkeys(str(note).rstrip("。") for note in why.values()))
    return f"没有撤销：{told}。请先把后来的改动改回来，或者直接修改记录。"
