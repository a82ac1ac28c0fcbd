"""Reversing a change set row by row of its upload: a row is reversed, kept because it was edited since, or failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from changelog.actions.apply import apply_writes, count_up, owner_of
from changelog.actions.log import LoggedChange, begin_change_set, log_changes
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.bulk import in_batches
from changzhi_portal.personal import SealedField
from changzhi_portal.records import field_of
from changzhi_portal.registers.writes import Write
from changzhi_portal.rights import Actor
from changzhi_portal.violations import violation_in_words

Kind = ChangeRecord.Kind
WIPED = "原来的号码已过保存期限，已清除"


@dataclass(slots=True)
class Reversal:
    """The result by row of the upload: `reversed` rows, and the reasons of `kept` and `failed` ones."""

    reversed: set[int] = field(default_factory=set)
    kept: dict[int, str] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    change_set: ChangeSet | None = None


def reverse_change_set(
    change_set: ChangeSet,
    *,
    by: Actor,
    models_in_order: Sequence[type[models.Model]],
    removed_last: Collection[type[models.Model]] = (),
) -> Reversal:
    """Reverse the rows that can be reversed, and log that as a change set of its own.

    A row is reversed completely or not at all. Must run inside a transaction that has locked the register. The records
    of the change set must have their `batch_row`. New records of the models `removed_last` are removed once the others
    are restored, which may refer to them until then; ProtectedError is raised when something else does. Raises
    ValueError where a model of the change set is not in `models_in_order`: it would be logged as reversed and stay.
    """
    records = list(change_set.records.all())
    result = _reversal(change_set, records, removed_last)
    good = [record for record in records if record.batch_row in result.reversed]
    if unknown := {record.model for record in good} - {model._meta.label_lower for model in models_in_order}:
        raise ValueError(f"Change set {change_set.pk} cannot be reversed without {', '.join(sorted(unknown))}.")
    if good:
        result.change_set, refused = _reverse_records(
            change_set, good, by=by, models_in_order=models_in_order, removed_last=removed_last
        )
        _fail(result, refused)
    return result


def reversal_of(change_set: ChangeSet) -> Reversal:
    """Return which rows could be reversed, without writing; that a value is taken by now, only reversing tells."""
    return _reversal(change_set, list(change_set.records.all()))


def _reversal(
    change_set: ChangeSet, records: Sequence[ChangeRecord], removed_last: Collection[type[models.Model]] = ()
) -> Reversal:
    result = Reversal(reversed={record.batch_row for record in records if record.batch_row is not None})
    _keep(result, _edited_since(change_set, records))
    _fail(result, {row.batch_row: WIPED for row in records if row.batch_row in result.reversed and row.lacks_wiped})
    good = [record for record in records if record.batch_row in result.reversed]
    _fail(result, _still_needed([each for each in good if apps.get_model(each.model) not in removed_last]))
    return result


def _edited_since(change_set: ChangeSet, records: Iterable[ChangeRecord]) -> dict[int, str]:
    """Return by row the Chinese note of who changed one of its records afterwards, and when."""
    later = ChangeRecord.objects.later_changes_of(change_set).select_related("change_set__made_by").order_by("id")
    notes: dict[tuple[str, int], str] = {}
    for change in later.iterator(chunk_size=2_000):
        when = timezone.localtime(change.change_set.made_at)
        notes[change.model, change.object_id] = f"{change.change_set.made_by}已于{when:%Y-%m-%d %H:%M}修改"
    return {
        record.batch_row: notes[record.model, record.object_id]
        for record in records
        if record.batch_row is not None and (record.model, record.object_id) in notes
    }


def _keep(result: Reversal, notes: dict[int, str]) -> None:
    result.kept |= notes
    result.reversed -= notes.keys()


def _fail(result: Reversal, notes: dict[int, str]) -> None:
    result.failed |= notes
    result.reversed -= notes.keys()


def _by_model(records: Iterable[ChangeRecord], kind: str) -> dict[type[models.Model], list[ChangeRecord]]:
    found: dict[type[models.Model], list[ChangeRecord]] = defaultdict(list)
    for record in records:
        if record.kind == kind:
            found[apps.get_model(record.model)].append(record)
    return found


def _still_needed(records: Sequence[ChangeRecord]) -> dict[int, str]:
    """Return by row the reason why its new record cannot be removed: other records refer to it."""
    created = _by_model(records, Kind.CREATED)
    going = {model: {record.object_id for record in of_model} for model, of_model in created.items()}
    notes: dict[int, str] = {}
    for model, of_model in created.items():
        row_of = {record.object_id: record.batch_row for record in of_model}
        own_links = {field.remote_field.through for field in model._meta.many_to_many}
        for relation in model._meta.related_objects:
            other = relation.related_model
            if isinstance(other, str) or other in own_links or not relation.one_to_many:
                continue
            column = relation.field.attname
            for batch in in_batches(list(row_of)):
                pairs = other._base_manager.filter(**{f"{column}__in": batch}).values_list("pk", column)
                for pk, target in pairs:
                    row = row_of[target]
                    if row is not None and pk not in going.get(other, ()):
                        notes[row] = f"已有{other._meta.verbose_name}与它关联"
    return notes


def _reverse_records(
    change_set: ChangeSet,
    records: Sequence[ChangeRecord],
    *,
    by: Actor,
    models_in_order: Sequence[type[models.Model]],
    removed_last: Collection[type[models.Model]],
) -> tuple[ChangeSet | None, dict[int, str]]:
    """Reverse records; return the new change set (None if nothing was reversed) and the reasons of failed rows."""
    # Whether there is anything to record is only known at the end: the trail takes nothing back.
    before = transaction.savepoint()
    into = begin_change_set(
        by=by,
        division=change_set.division,
        batch=change_set.batch,
        reverses=change_set,
        summary=f"撤销：{change_set}",
    )
    rows: dict[int, list[ChangeRecord]] = defaultdict(list)
    for record in records:
        if record.batch_row is not None:
            rows[record.batch_row].append(record)
    # Rows that are only removed come first, because they free values that other rows need again.
    rows = dict(sorted(rows.items(), key=lambda row: any(record.kind == Kind.UPDATED for record in row[1])))
    failed: dict[int, str] = {}
    while rows:
        failed = _reverse_rows(rows, into, models_in_order, removed_last)
        if not failed or len(failed) == len(rows):
            break
        rows = {row: rows[row] for row in failed}  # the reversed rows may have freed the values they need
    if not into.records.exists():
        transaction.savepoint_rollback(before)
        return None, failed
    transaction.savepoint_commit(before)
    return into, failed


def _reverse_rows(
    rows: Mapping[int, Sequence[ChangeRecord]],
    into: ChangeSet,
    models_in_order: Sequence[type[models.Model]],
    removed_last: Collection[type[models.Model]],
) -> dict[int, str]:
    """Reverse rows, all at once if possible, else in halves recursively; return the reasons of failed rows.

    A row fails if another record has taken a unique value (a name, a number) that it had before.
    """
    try:
        with transaction.atomic():
            _write(list(chain(*rows.values())), into, models_in_order, removed_last)
    except ProtectedError:
        raise
    except IntegrityError as error:
        if len(rows) == 1:
            return dict.fromkeys(rows, violation_in_words(error, models_in_order))
        ordered = list(rows.items())
        middle = len(ordered) // 2
        halves = dict(ordered[:middle]), dict(ordered[middle:])
        return {
            row: why for half in halves for row, why in _reverse_rows(half, into, models_in_order, removed_last).items()
        }
    return {}


def _write(
    records: Sequence[ChangeRecord],
    into: ChangeSet,
    models_in_order: Sequence[type[models.Model]],
    removed_last: Collection[type[models.Model]],
) -> None:
    """Remove created records, then restore changed ones, so that a closed posting can be open again."""
    removed = _by_model(records, Kind.CREATED)
    _remove(removed, [model for model in models_in_order if model not in removed_last])
    writes = [
        write for model, of_model in _by_model(records, Kind.UPDATED).items() for write in _restoring(model, of_model)
    ]
    apply_writes(
        writes, models_in_order=models_in_order, by=into.made_by, division=into.division, summary="", into=into
    )
    _remove(removed, [model for model in models_in_order if model in removed_last])
    for model, of_model in removed.items():
        owner = owner_of(model)
        if owner is not None:
            count_up(owner.related_model, {record.after[owner.attname] for record in of_model})
    log_changes(into, (_removal(record) for of_model in removed.values() for record in of_model))


def _remove(removed: Mapping[type[models.Model], Sequence[ChangeRecord]], among: Sequence[type[models.Model]]) -> None:
    for model in reversed(among):
        for batch in in_batches([record.object_id for record in removed.get(model, ())]):
            model._base_manager.filter(pk__in=batch).delete()


def _restoring(model: type[models.Model], records: Sequence[ChangeRecord]) -> Iterable[Write]:
    """Yield one write per changed record, from its current values to its former ones.

    The last change comes first: it may have taken a unique value that an earlier one of the set had freed.
    """
    for batch in in_batches(list(reversed(records))):
        instances = model._base_manager.in_bulk([record.object_id for record in batch])
        for record in batch:
            instance = instances[record.object_id]
            before = {name: _revived(model, record, name, value) for name, value in record.before.items()}
            links = {name: before[name] for name in before if _is_link(model, name)}
            for name, value in before.items():
                if name not in links:
                    setattr(instance, field_of(model, name).attname, value)
            after = {name: _revived(model, record, name, value) for name, value in record.after.items()}
            yield Write(
                instance, False, record.division_id, after, before, links, record.batch_row, record.object_label
            )


def _is_link(model: type[models.Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.many_to_many)


def _revived(model: type[models.Model], record: ChangeRecord, name: str, value: Any) -> Any:
    """Return a logged JSON value as the field's Python value."""
    if _is_link(model, name) or value is None:
        return value
    field = field_of(model, name)
    if isinstance(field, SealedField):
        return record.value_of(field.attname, value)
    return field.to_python(value)


def _removal(record: ChangeRecord) -> LoggedChange:
    return LoggedChange(
        model=record.model,
        object_id=record.object_id,
        object_ref=record.object_ref,
        object_label=record.object_label,
        division=record.division_id,
        kind=str(Kind.REMOVED),
        batch_row=record.batch_row,
        before=record.after,
        after={},
    )
