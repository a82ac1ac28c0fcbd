"""Changes of records as an auditor reads them: before and after, whether they were undone later and by what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from changelog.history import FieldChange, LoggedEdit, logged_lines
from changelog.models import ChangeRecord, ChangeRecordQuerySet, ChangeSet, TrailRecord
from changzhi_portal.rights import Actor
from changzhi_portal.scope import scope_path_of


@dataclass(frozen=True)
class Step:
    """A change set that undid another, or was undone: its sentence, and its record in the trail ("" if not to be seen)."""

    text: str
    trail_ref: str


@dataclass(frozen=True)
class TracedChange:
    """One change of one record with what became of it."""

    edit: LoggedEdit
    kind: str
    reason: str
    summary: str
    trail_ref: str  # of the change set's record in the trail; "" if there is none, or it is not to be seen
    undone_by: Step | None
    undoes: Step | None

    @property
    def changes(self) -> Sequence[FieldChange]:
        """Return the fields with both values; of a new or a removed record its main values."""
        return self.edit.entry.changes


_OF_SETS = ("", "reverses__", "reversed_by__")


def with_steps(changes: ChangeRecordQuerySet) -> ChangeRecordQuerySet:
    """Load what `traced` reads, in one query; the newest change first."""
    loaded = [
        f"change_set__{step}{name}"
        for step in _OF_SETS
        for name in ("made_by", "trail_record", "trail_record__division")
    ]
    return changes.with_sources().select_related("change_set__batch__division", *loaded)


def traced(rows: Sequence[ChangeRecord], user: Actor) -> list[TracedChange]:
    """Return changes in the same order; they were filtered by the user's scope and loaded `with_steps`.

    A change counts as undone where the change set that undid its own changed this record as well: undoing an upload may
    leave rows alone.
    """
    scope = scope_path_of(user) or "\0"
    undone = _undone(rows)
    edits = logged_lines([[_as_read(row)] for row in rows], user)
    found = []
    for row, edit in zip(rows, edits, strict=True):
        change_set = row.change_set
        later = getattr(change_set, "reversed_by", None)
        is_undone = later is not None and (later.pk, row.model, row.object_id) in undone
        found.append(
            TracedChange(
                edit=edit,
                kind=str(ChangeRecord.Kind(row.kind).label),
                reason=change_set.reason,
                summary=change_set.summary,
                trail_ref=trail_ref_of(change_set, scope),
                undone_by=_step(later, scope) if later is not None and is_undone else None,
                undoes=_step(change_set.reverses, scope) if change_set.reverses is not None else None,
            )
        )
    return found


def _undone(rows: Sequence[ChangeRecord]) -> set[tuple[int, str, int]]:
    """Return change set, model and key of what later change sets undid of the records of `rows`; one query, if any."""
    later = {row.change_set.reversed_by.pk for row in rows if hasattr(row.change_set, "reversed_by")}
    if not later:
        return set()
    keys = {row.object_id for row in rows}
    return set(
        ChangeRecord.objects.filter(change_set__in=later, object_id__in=keys)
        .order_by()
        .values_list("change_set_id", "model", "object_id")
    )


def _as_read(row: ChangeRecord) -> ChangeRecord:
    """Return a removal as if it added the record, so that its last values are shown as those of a new one are."""
    if row.kind != ChangeRecord.Kind.REMOVED:
        return row
    shown = ChangeRecord(pk=row.pk, kind=ChangeRecord.Kind.CREATED, after=row.before, change_set=row.change_set)
    for name in ("model", "object_id", "object_ref", "object_label", "division_id", "batch_row"):
        setattr(shown, name, getattr(row, name))
    return shown


def trail_ref_of(change_set: ChangeSet, scope: str) -> str:
    """Return the ref of a change set's record in the trail; "" for one outside the scope, or from before there was a trail."""
    record: TrailRecord | None = getattr(change_set, "trail_record", None)
    return record.ref if record is not None and record.division.path.startswith(scope) else ""


def _step(change_set: ChangeSet, scope: str) -> Step:
    return Step(f"{change_set.made_by}：{change_set.summary}", trail_ref_of(change_set, scope))
