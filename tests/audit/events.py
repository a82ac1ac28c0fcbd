"""Functions that let things happen for the auditor's pages: events on a day of the past, edits, their undoing."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import models

from accounts.models import User
from changelog.actions import edit_record, find_undoing, undo_changes
from changelog.models import ChangeSet, TrailRecord
from changelog.trail import TrailKind
from changzhi_portal.registers.registry import register_named
from communities.models import Division
from periods.models import beginning_of


def happened(
    kind: TrailKind,
    day: datetime.date,
    *,
    by: User | None = None,
    about: models.Model | None = None,
    division: Division | None = None,
    **fields: Any,
) -> TrailRecord:
    """Create a record of the trail at ten o'clock of a day."""
    area = division or (by.division if by is not None else None)
    values = {
        "made_by": by,
        "username": by.username if by is not None else "",
        "division": area,
        "address": "10.20.30.40",
        "model": "" if about is None else about._meta.label_lower,
        "object_ref": "" if about is None else about.ref,  # type: ignore[attr-defined]
        "object_label": "" if about is None else str(about),
        **fields,
    }
    return TrailRecord.objects.create(kind=kind, made_at=beginning_of(day) + datetime.timedelta(hours=10), **values)


def edit_note(facility: Any, note: str, by: User, version: int) -> ChangeSet:
    """Edit the note of a facility in its form, and return the change set."""
    edit = edit_record(
        register=register_named("facilities")(), values={"note": note}, by=by, ref=facility.ref, version=version
    )
    assert edit.change_set is not None
    return edit.change_set


def undo(change_set: ChangeSet, by: User) -> ChangeSet:
    """Take back all of an edit, and return the change set that does."""
    seen = find_undoing(ref=change_set.ref, by=by).reversible
    return undo_changes(ref=change_set.ref, by=by, seen=seen)
