"""Logging changes (docs/architecture.md, decision 6): begin a change set, describe each record's change, log them.

`apply_writes` does all three for what it writes. An action that saves its own rows (a month's state, a division, a plan)
does them itself, in the transaction that saves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypedDict

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from changelog.models import ChangeRecord, ChangeSet, logged_at
from changelog.trail import TrailKind, record_event
from changzhi_portal.after_changes import announce_change
from changzhi_portal.bulk import insert_values
from changzhi_portal.personal import Sealed
from changzhi_portal.records import field_of
from changzhi_portal.rights import Actor, Area

SUMMARY_LENGTH = field_of(ChangeSet, "summary").max_length
LABEL_LENGTH = field_of(ChangeRecord, "object_label").max_length


class LoggedChange(NamedTuple):
    """One record's change as it goes into the log; see ChangeRecord. `division` is a key."""

    model: str
    object_id: int
    object_ref: str
    object_label: str
    division: int
    kind: str
    batch_row: int | None
    before: dict[str, Any]
    after: dict[str, Any]


class Difference(TypedDict):
    """The fields that differ between two states of a record, with both values."""

    before: dict[str, Any]
    after: dict[str, Any]


def begin_change_set(*, by: Actor, summary: str, division: Area | None = None, **fields: Any) -> ChangeSet:
    """Create a change set for the changes of one transaction; a summary that is too long is cut.

    `division` is the one that the changes belong to, by default that of the user. `fields` are the model's other fields:
    `batch`, `reverses`, `affects_figures`. What apps have a worker do after a change is sent on commit.
    """
    area = division or by.division
    announce_change()
    change_set = ChangeSet.objects.create(
        made_by_id=by.pk, division_id=area.pk, summary=summary[:SUMMARY_LENGTH], **fields
    )
    _record(change_set, by=by, division=area)
    return change_set


def _record(change_set: ChangeSet, *, by: Actor, division: Area) -> None:
    """Record a change set in the trail; its seal will hold a digest of its records."""
    kind = TrailKind.CHANGED
    if change_set.reverses_id is not None:
        kind = TrailKind.UNDONE
    elif change_set.batch_id is not None:
        kind = TrailKind.IMPORTED
    record_event(
        kind, by=by, division=division, label=change_set.summary, reason=change_set.reason, change_set=change_set
    )


def change_of(
    row: models.Model,
    *,
    division: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    label: str = "",
    batch_row: int | None = None,
) -> LoggedChange:
    """Return the change of one saved record: without `before` it is new, without `after` it is removed.

    `division` is the key of the division that the change belongs to; the values are such as JSON takes, or personal ones,
    which are encrypted for the log. `label` is what people call the record, by default its text; `batch_row` is the
    position of the uploaded row that asks for it.
    """
    kind = (
        ChangeRecord.Kind.CREATED if not before else ChangeRecord.Kind.UPDATED if after else ChangeRecord.Kind.REMOVED
    )
    ref = getattr(row, "ref", "")
    return LoggedChange(
        model=row._meta.label_lower,
        object_id=row.pk,
        object_ref=ref,
        object_label=(label or str(row))[:LABEL_LENGTH],
        division=division,
        kind=str(kind),
        batch_row=batch_row,
        before=_encrypted(before, row, ref),
        after=_encrypted(after, row, ref),
    )


def _encrypted(values: Mapping[str, Any], row: models.Model, ref: str) -> dict[str, Any]:
    """Return values as JSON takes them: personal ones as ciphertext, bound to the log, the record and the field."""
    return {
        name: value.token_at(logged_at(row._meta.label_lower, name, ref)) if isinstance(value, Sealed) else value
        for name, value in values.items()
    }


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """Return what differs between two states of a record, as the `before` and `after` of `change_of`."""
    names = [name for name in after if before.get(name) != after[name]]
    return {"before": {name: before.get(name) for name in names}, "after": {name: after[name] for name in names}}


def log_changes(change_set: ChangeSet, changes: Iterable[LoggedChange]) -> None:
    """Add records to a change set. Must run inside its transaction."""
    insert_values(
        ChangeRecord,
        ("change_set", *LoggedChange._fields),
        ((change_set.pk, *change[:-2], _as_json(change.before), _as_json(change.after)) for change in changes),
    )


def _as_json(values: dict[str, Any]) -> str:
    return json.dumps(values, cls=DjangoJSONEncoder, ensure_ascii=False)
