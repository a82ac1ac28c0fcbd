"""Merging a duplicate into the record that stays, and taking that back (docs/domain.md §4.11).

A merge is one change set: the duplicate gets `merged_into` and a last day, the record that stays gets the values that
the clerk chose. Undoing reverses the change set, as that of an upload (`changelog.actions.reverse`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from changelog.actions.apply import apply_writes
from changelog.actions.edit import LONGEST_REASON, ONLY_ROW
from changelog.actions.reverse import reverse_change_set
from changelog.models import ChangeRecord, ChangeSet, RegisterLock
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.records import MergeableRecord
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.register import MergedParts, RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Write, propose
from changzhi_portal.rights import Actor, has_right
from changzhi_portal.scope import lie_within
from changzhi_portal.violations import violation_in_words

PLACE = "place"  # the name, beside those of columns, under which the place of a record is chosen


@dataclass(frozen=True, slots=True)
class MergePair:
    """The record that stays (`kept`) and the one that is merged into it, with their versions as the person saw them."""

    kept: Any
    merged: Any

    @property
    def versions(self) -> tuple[int, int]:
        """Return the versions of both, of the one that stays first."""
        return self.kept.version, self.merged.version


def merged_columns(register: RegisterSheet) -> tuple[Column, ...]:
    """Return the columns whose value a merge lets choose: all that write the record itself."""
    return register.columns_of(register.model)


def differing_fields(register: RegisterSheet, pair: MergePair) -> list[str]:
    """Return the fields in which two records differ, PLACE first; both must be of the register's model."""
    kept, merged = register.values_of(pair.kept), register.values_of(pair.merged)
    fields = [column.field for column in merged_columns(register) if kept[column.field] != merged[column.field]]
    is_one_place = register.place_of(pair.kept) == register.place_of(pair.merged)
    return fields if is_one_place else [PLACE, *fields]


def takes_from_merged(register: RegisterSheet, pair: MergePair, field: str) -> bool:
    """Tell whether a blank of the record that stays is filled from the other, which is what a merge proposes.

    A blank last day is none: it says that the record goes on.
    """
    if field in {PLACE, register.ends_with}:
        return False
    return register.values_of(pair.kept)[field] in (None, "", [])


def find_pair(*, register: RegisterSheet, kept: str, merged: str, by: Actor, lock: bool = False) -> MergePair:
    """Return the two records with these refs; both must stand and lie in the person's area, else NotFoundError.

    With `lock` both are held until the transaction ends. Raises InvalidError for a register without merging, and for
    one record given twice.
    """
    if not register.may_be_merged:
        raise InvalidError(f"{register.title}不能合并。", cure=f"The records of {register.name} cannot be merged.")
    if kept == merged:
        raise InvalidError("请选两条不同的记录。", cure="A record cannot be merged into itself.")
    keys = register.model.objects.visible_to(by).filter(ref__in=(kept, merged)).values_list("pk", flat=True)
    found = register.model.objects.filter(pk__in=list(keys)).order_by("pk")
    if lock:
        found = found.select_for_update(of=("self",), no_key=True)
    records = {record.ref: record for record in found}
    if len(records) != 2:
        raise NotFoundError(
            f"没有找到这两条{register.title}记录：可能已经合并，或者不在本单位。",
            cure="Both records must stand and lie in the user's area.",
        )
    return MergePair(records[kept], records[merged])


def merge_records(
    *,
    register: RegisterSheet,
    kept: str,
    merged: str,
    versions: tuple[int, int],
    from_merged: Collection[str],
    reason: str,
    by: Actor,
) -> ChangeSet:
    """Merge the record with the ref `merged` into the one with the ref `kept`, as one change set, and return that.

    `versions` are those of both as the person saw them, of the one that stays first. `from_merged` names the fields
    (PLACE for the place) whose value the record that stays takes over. What was merged into the duplicate earlier then
    belongs to the record that stays.

    Raises NotAllowedError, NotFoundError (see `find_pair`), StaleError when one of them was changed since, and
    InvalidError without a reason or for values that do not fit together.
    """
    _refuse_unless_allowed(by)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidError(
            f"请写明合并的原因，不超过{LONGEST_REASON}个字。",
            cure=f"Give a reason of at most {LONGEST_REASON} characters.",
            field="reason",
        )
    refuse_personal_numbers(reason, what="原因", field="reason")
    try:
        with transaction.atomic():
            RegisterLock.objects.lock(register.name)
            pair = find_pair(register=register, kept=kept, merged=merged, by=by, lock=True)
            if pair.versions != versions:
                raise StaleError(
                    "您打开页面以后，有人改过其中一条记录，没有合并；请看一看现在的内容，再合并一次。",
                    cure=f"The records are at the versions {pair.versions}, not {versions}. Read them again.",
                )
            return _write(register, pair, from_merged, reason, by)
    except IntegrityError as error:
        raise InvalidError(f"{violation_in_words(error, register.writes_to)}没有合并，请核对后再试。") from error


def _refuse_unless_allowed(by: Actor) -> None:
    if not has_right(by, "may_upload"):
        raise NotAllowedError(
            "您的角色不能合并记录，请联系市局管理员。", cure=f"The role of {by} may not edit registers."
        )


def _write(register: RegisterSheet, pair: MergePair, from_merged: Collection[str], reason: str, by: Actor) -> ChangeSet:
    """Write both records: the duplicate first, because it frees the number or name that the other may take over."""
    # Taken before the duplicate gets its last day, which is not one of the values that were chosen.
    values = values_of_kept(register, pair, from_merged)
    takes_place = PLACE in from_merged
    division_id = register.division_of(pair.merged if takes_place else pair.kept)
    parts = merged_parts(register, pair, from_merged)
    closing = _closing_writes(register, pair)
    taking = [*_taking_over(register, pair, values, division_id), *parts.writes]
    for write in parts.writes:
        write.division_id = division_id
    if not lie_within(by.division, {write.division_id for write in (*closing, *taking)}):
        raise StaleError(
            "这两条记录不都属于本单位（区划可能有变更），没有合并，请重新打开页面。",
            cure="The records are not both in the user's area.",
        )
    change_set = None
    for writes in (closing, taking):
        for write in writes:
            write.batch_row = ONLY_ROW
        change_set = apply_writes(
            writes,
            models_in_order=register.writes_to,
            by=by,
            division=by.division,
            summary=f"合并{register.title}（{reason}）：“{pair.merged}”并入“{pair.kept}”",
            into=change_set,
        )
    if change_set is None:
        raise RuntimeError("A merge always writes the record that is merged.")
    register.after_merge(parts, change_set)
    return change_set


def values_of_kept(register: RegisterSheet, pair: MergePair, from_merged: Collection[str]) -> Mapping[str, Any]:
    """Return the attributes that the record that stays takes over. Raises InvalidError for an unknown field."""
    columns = {column.field: column for column in merged_columns(register)}
    unknown = sorted(set(from_merged) - columns.keys() - {PLACE})
    if unknown:
        raise InvalidError(
            f"{register.title}没有“{'、'.join(unknown)}”这一项。",
            cure=f"{register.name} has no field {', '.join(unknown)}.",
        )
    attributes = [columns[field].attribute for field in columns if field in from_merged]
    if PLACE in from_merged:
        attributes += register.place_attributes
    return {attribute: getattr(pair.merged, attribute) for attribute in attributes}


def _closing_writes(register: RegisterSheet, pair: MergePair) -> list[Write]:
    """Return the writes that take the duplicate, and what was merged into it before, to the record that stays."""
    merged, division_id = pair.merged, register.division_of(pair.merged)
    values = {"merged_into_id": pair.kept.pk} | register.closing_of_merged(merged, timezone.localdate())
    writes = [propose(merged, values, division_id=division_id, is_new=False)]
    earlier = register.model.with_merged.filter(merged_into=merged).order_by("pk").select_for_update(no_key=True)
    for record in earlier:
        values = {"merged_into_id": pair.kept.pk}
        writes.append(propose(record, values, division_id=register.division_of(record), is_new=False))
    return [write for write in writes if write is not None]


def merged_parts(register: RegisterSheet, pair: MergePair, from_merged: Collection[str]) -> MergedParts:
    """Return what the merge does to the parts of both records, such as postings. Raises InvalidError for what does not fit."""
    return register.merge_parts(pair.kept, pair.merged, takes_place=PLACE in from_merged, today=timezone.localdate())


def _taking_over(register: RegisterSheet, pair: MergePair, values: Mapping[str, Any], division_id: int) -> list[Write]:
    """Return the write of the record that stays, none if it stays as it is; raises InvalidError for what does not fit."""
    row = RegisterRow({})
    write = register.propose(row, pair.kept, values, division_id=division_id, is_new=False)
    if row.has_error:
        told = "；".join(problem.message for problem in row.problems)
        raise InvalidError(f"{told}。没有合并，请换一换所选的值。", cure="The chosen values do not fit together.")
    return [] if write is None else [write]


# --- Taking back ---


def merging_of(record: MergeableRecord) -> ChangeSet | None:
    """Return the change set that merged a record into another; None for a record that stands."""
    if record.merged_into_id is None:
        return None
    of_record = ChangeRecord.objects.of_object(record).not_undone().select_related("change_set__made_by")
    # What was merged into another one first, and went on with that one, has a later change of the same field.
    merged = of_record.filter(after__has_key="merged_into_id", before__merged_into_id=None).first()
    return merged.change_set if merged is not None else None


def find_merged(*, register: RegisterSheet, ref: str, by: Actor, lock: bool = False) -> Any:
    """Return the record with this ref, which was merged into another one; raises NotFoundError."""
    missing = NotFoundError(
        f"没有找到这条已并入的{register.title}记录。", cure="There is no such merged record in the user's area."
    )
    if not register.may_be_merged:
        raise missing
    rows = register.model.with_merged
    keys = list(rows.visible_to(by).filter(ref=ref, merged_into__isnull=False).values_list("pk", flat=True))
    found = rows.filter(pk__in=keys)
    record = (found.select_for_update(of=("self",), no_key=True) if lock else found).first()
    if record is None:
        raise missing
    return record


def undo_merge(*, register: RegisterSheet, ref: str, by: Actor) -> ChangeSet:
    """Reverse the change set that merged the record with this ref, and return the reversing one.

    Raises NotAllowedError, NotFoundError, StaleError when one of the records was changed since, which is said, and
    InvalidError when the place of the merged record is gone.
    """
    _refuse_unless_allowed(by)
    with transaction.atomic():
        RegisterLock.objects.lock(register.name)
        merged = find_merged(register=register, ref=ref, by=by, lock=True)
        change_set = merging_of(merged)
        if change_set is None:
            raise StaleError("没有找到这次合并的记录，不能撤销。", cure="The change log has no merge of this record.")
        touched = change_set.records.values_list("division_id", flat=True)
        if not lie_within(by.division, {*touched, register.division_of(merged.merged_into)}):
            raise NotAllowedError(
                "这次合并涉及其他单位的记录，请联系市局撤销。", cure="The merge touches records of another area."
            )
        if reason := register.reason_against_undoing_merge(merged, change_set):
            raise InvalidError(reason, cure="The record's community is closed.")
        result = reverse_change_set(change_set, by=by, models_in_order=register.writes_to)
        notes = [*result.kept.values(), *result.failed.values()]
        if notes or result.change_set is None:
            raise StaleError(
                f"没有撤销：{'；'.join(notes)}。请先把后来的改动改回来，或者直接修改记录。",
                cure="A record of the merge was changed since, or a value is taken.",
            )
        register.after_undoing_merge(change_set)
        return result.change_set
