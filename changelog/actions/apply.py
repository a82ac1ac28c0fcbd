"""Writing records and their change log together, in bulk (docs/architecture.md, decisions 5 and 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import models
from django.db.models import F

from changelog.actions.log import LoggedChange, begin_change_set, change_of, log_changes
from changelog.models import ChangeSet
from changzhi_portal.bulk import in_batches, insert_rows, update_rows
from changzhi_portal.registers.writes import Write
from changzhi_portal.rights import Actor, Area


def apply_writes(
    writes: Sequence[Write],
    *,
    models_in_order: Sequence[type[models.Model]],
    by: Actor,
    division: Area,
    summary: str,
    batch: Any = None,
    into: ChangeSet | None = None,
) -> ChangeSet | None:
    """Write the proposed records and log them as one change set; None when there is none and nothing to write.

    Must run inside a transaction. Changes go before additions, so that an old posting is closed before the next one
    opens; additions go in the order of `models_in_order`, so that foreign keys find their target. `into` is a change
    set that has been begun already.
    """
    if not writes:
        return into
    change_set = into or begin_change_set(by=by, division=division, batch=batch, summary=summary)
    for model in models_in_order:
        changed = [write for write in writes if isinstance(write.instance, model) and not write.is_new and write.after]
        _update(model, changed)
    for model in models_in_order:
        added = [write.instance for write in writes if isinstance(write.instance, model) and write.is_new]
        _prepare_keys(added)
        insert_rows(model, added)
    _write_links(writes)
    _count_up_owners(writes, models_in_order)
    log_changes(change_set, (_logged(write) for write in writes))
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
    _prepare_keys([write.instance for write in writes])
    update_rows(model, [write.instance for write in writes], sorted(fields))


def _count_up_owners(writes: Sequence[Write], models_in_order: Sequence[type[models.Model]]) -> None:
    """Raise the version of records whose parts are written, unless they are written themselves."""
    for model in models_in_order:
        owner = owner_of(model)
        if owner is not None:
            keys = {getattr(write.instance, owner.attname) for write in writes if isinstance(write.instance, model)}
            written = {write.instance.pk for write in writes if isinstance(write.instance, owner.related_model)}
            count_up(owner.related_model, keys - written)


def count_up(model: type[models.Model], keys: Iterable[int]) -> None:
    """Raise the version of records because something that belongs to them has changed."""
    for batch in in_batches(list(keys)):
        model._base_manager.filter(pk__in=batch).update(version=F("version") + 1)


@cache
def owner_of(model: type[models.Model]) -> Any:
    """Return the foreign key of a part to its record, such as a posting's to the worker; None for what is no part.

    A record names its parts in `history_parts`. Who edits it sees them on the same page, so its version counts their
    changes too.
    """
    for field in model._meta.concrete_fields:
        relation = field.remote_field
        if relation is not None and relation.get_accessor_name() in getattr(relation.model, "history_parts", ()):
            return field
    return None


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


def _prepare_keys(instances: Iterable[Any]) -> None:
    """Set the columns that models derive from others, such as search keys."""
    for instance in instances:
        if hasattr(instance, "prepare_keys"):
            instance.prepare_keys()


def _logged(write: Write) -> LoggedChange:
    return change_of(
        write.instance,
        division=write.division_id,
        before=write.before,
        after=_belonging_of(write.instance) | write.after if write.is_new else write.after,
        label=write.label,
        batch_row=write.batch_row,
    )


def _belonging_of(instance: models.Model) -> dict[str, Any]:
    """Return the required relations of a new record, which its row need not name: a posting's worker, a profile's community.

    Without it nobody could tell, once the record is removed, whose it was.
    """
    return {name: getattr(instance, name) for name in _required_relations(type(instance))}


@cache
def _required_relations(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields if field.is_relation and not field.null)
