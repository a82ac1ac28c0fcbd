"""Writing records and their change log together, in bulk (design.md decisions 5 and 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.bulk import insert_rows, update_rows
from changzhi_portal.personal import Sealed
from changzhi_portal.sheets.register import Write

LABEL_LENGTH = 200


def apply_writes(
    writes: Sequence[Write],
    *,
    models_in_order: Sequence[type[models.Model]],
    by: Any,
    division: Any,
    summary: str,
    batch: Any = None,
    into: ChangeSet | None = None,
) -> ChangeSet | None:
    """Write the proposed records and log them as one change set; None when there is nothing to write.

    Must run inside a transaction. Changes go before additions, so that an old posting is closed before the next one
    opens; additions go in the order of `models_in_order`, so that foreign keys find their target. `into` is a change
    set that has been begun already.
    """
    if not writes:
        return None
    change_set = into or ChangeSet.objects.create(made_by=by, division=division, batch=batch, summary=summary)
    for model in models_in_order:
        changed = [write for write in writes if isinstance(write.instance, model) and not write.is_new and write.after]
        _update(model, changed)
    for model in models_in_order:
        insert_rows(model, [write.instance for write in writes if isinstance(write.instance, model) and write.is_new])
    _write_links(writes)
    insert_rows(ChangeRecord, [_record(change_set, write) for write in writes])
    return change_set


def _update(model: type[models.Model], writes: Sequence[Write]) -> None:
    """One upsert for all changed rows of a model; names derived from others (search keys) go along."""
    if not writes:
        return
    concrete = {field.attname: field.name for field in model._meta.concrete_fields}
    concrete |= {field.name: field.name for field in model._meta.concrete_fields}
    fields = {concrete[name] for write in writes for name in write.after if name in concrete}
    fields |= {field.name for field in model._meta.concrete_fields if not field.editable and not field.unique}
    for write in writes:
        if hasattr(write.instance, "version"):
            write.instance.version += 1
    update_rows(model, [write.instance for write in writes], sorted(fields))


def _write_links(writes: Iterable[Write]) -> None:
    """Bring many-to-many links to what the writes say."""
    wanted: dict[Any, dict[int, list[int]]] = defaultdict(dict)
    for write in writes:
        for name, keys in write.links.items():
            wanted[write.instance._meta.get_field(name)][write.instance.pk] = keys
    for field, keys_of in wanted.items():
        through = field.remote_field.through
        owner, target = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
        through._base_manager.filter(**{f"{owner}__in": list(keys_of)}).delete()
        insert_rows(through, [through(**{owner: pk, target: key}) for pk, keys in keys_of.items() for key in keys])


def _record(change_set: ChangeSet, write: Write) -> ChangeRecord:
    return ChangeRecord(
        change_set=change_set,
        model=write.instance._meta.label_lower,
        object_id=write.instance.pk,
        object_ref=getattr(write.instance, "ref", ""),
        object_label=str(write.instance)[:LABEL_LENGTH],
        division_id=write.division_id,
        kind=ChangeRecord.Kind.CREATED if write.is_new else ChangeRecord.Kind.UPDATED,
        batch_row=write.batch_row,
        before=_stored(write.before),
        after=_stored(write.after),
    )


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    """Values as JSON; personal data as ciphertext."""
    return {name: value.token if isinstance(value, Sealed) else value for name, value in values.items()}
