"""The history of a record as text: who changed which field when, from which value to which."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from changelog.actions.undo import is_undoable, with_all_undoable
from changelog.models import ChangeRecord, ChangeRecordQuerySet
from changzhi_portal.display import display_value, told_apart
from changzhi_portal.personal import Sealed, SealedField, Wiped
from changzhi_portal.records import MergeableRecord, Record
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.registry import column_for, register_writing
from changzhi_portal.rights import Actor, has_right
from changzhi_portal.scope import scope_path_of

Named = Mapping[tuple[type[models.Model], Any], str]
MOST_VALUES = 8  # of a new record
MOST_IN_LINE = 12  # of several new parts
MOST_LOOKED_AT = 200  # changes among which the last of a field is looked for
OF_OTHERS = "其他单位"  # in place of the name of what lies outside the user's scope
Records = Mapping[tuple[str, int], models.Model]  # by model ("app_label.modelname") and primary key


@dataclass(frozen=True)
class FieldChange:
    """A change of one field: its name, old and new value as text. Personal data are masked."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Entry:
    """One change of the record, or of a part of it, whose kind is then named by `part`."""

    made_at: datetime.datetime
    made_by: str
    kind: str
    part: str
    file_name: str  # of the upload that made the change; "" for other changes
    changes: list[FieldChange]
    reason: str = ""  # that somebody gave for it
    undo_ref: str = (
        ""  # of the change set that the reader may ask to take back; "" for none, and beside its other lines
    )


@dataclass(frozen=True)
class LoggedEdit:
    """One change of any record, with the record's kind, name and public id (`ref`, "" if it has none)."""

    record_kind: str
    record_name: str
    ref: str
    model: str
    batch_ref: str  # of the upload that made the change; "" for other changes and for uploads that the user may not see
    entry: Entry

    @property
    def url(self) -> str:
        """Return the URL of the record's page; "" for a record without one."""
        model = apps.get_model(self.model)
        return model.url_of(self.ref) if issubclass(model, Record) else ""


def logged_edits(rows: Sequence[ChangeRecord], user: Actor) -> list[LoggedEdit]:
    """Return changes of several records in the same order.

    The caller must have filtered them by the user's scope, and loaded them `with_sources`.
    """
    scope = scope_path_of(user)
    named, records = _names_of_related(rows, user), _records_to_label(rows)
    edits = []
    for row in rows:
        model, batch = apps.get_model(row.model), row.change_set.batch
        edits.append(
            LoggedEdit(
                record_kind=str(model._meta.verbose_name),
                record_name=row.object_label,
                ref=row.object_ref,
                model=row.model,
                batch_ref=batch.ref if batch and scope and batch.division.path.startswith(scope) else "",
                entry=_entry(row, model, named, records),
            )
        )
    return edits


def logged_lines(groups: Sequence[Sequence[ChangeRecord]], user: Actor) -> list[LoggedEdit]:
    """Return changes of several records in the same order; each group is what one row or edit did to a record and its parts.

    A record that is new shows its main values. The caller must have filtered the changes by the user's scope, and loaded
    them `with_sources`.
    """
    scope = scope_path_of(user)
    rows = [row for group in groups for row in group]
    named, records = _names_of_related(rows, user, with_new=True), _records_to_label(rows)
    owners = _owners_of_parts(groups, user)
    return [_logged_line(group, scope, named, records, owners) for group in groups]


def _logged_line(
    group: Sequence[ChangeRecord], scope: str | None, named: Named, records: Records, owners: Mapping[int, Record]
) -> LoggedEdit:
    own = [row for row in group if _is_of_record(row)]
    first = (own or group)[0]
    model, batch = apps.get_model(first.model), first.change_set.batch
    register = register_writing(model)
    owner = None if own else owners.get(first.pk)
    is_new = bool(own) and first.kind == ChangeRecord.Kind.CREATED
    changes: list[FieldChange] = []
    for row in sorted(group, key=lambda row: row not in own):
        if row not in own and row.kind == ChangeRecord.Kind.CREATED and not is_new:
            # Its values are not to be read as changes of the part before.
            changes.append(FieldChange("新增", "", str(apps.get_model(row.model)._meta.verbose_name)))
        changes += _changes(row, named, records)
    kind = _kind_of(first) if own else ChangeRecord.Kind.UPDATED.label
    return LoggedEdit(
        record_kind=str((register.model if register is not None else model)._meta.verbose_name),
        record_name=first.object_label,
        ref=first.object_ref if owner is None else owner.ref,
        model=first.model if owner is None else owner._meta.label_lower,
        batch_ref=batch.ref if batch and scope and batch.division.path.startswith(scope) else "",
        entry=Entry(
            made_at=first.change_set.made_at,
            made_by=str(first.change_set.made_by),
            kind=str(kind),
            part="",
            file_name=batch.file_name if batch is not None else "",
            changes=changes[:MOST_VALUES] if is_new else changes,
        ),
    )


def _is_of_record(row: ChangeRecord) -> bool:
    """Return whether a change is of a register's record itself and not of a part of one (a posting, a profile)."""
    model = apps.get_model(row.model)
    register = register_writing(model)
    return register is None or register.model is model


def _changes(row: ChangeRecord, named: Named, records: Records) -> list[FieldChange]:
    """Return what a change did, field by field; of a new record its values, of a removed one nothing."""
    model = apps.get_model(row.model)
    if row.kind == ChangeRecord.Kind.CREATED:
        record = records.get((row.model, row.object_id)) or model()
        changes = [_field_change(row, record, name, None, new, named) for name, new in _values_of_new(row)]
        return [replace(change, old="") for change in changes if change.new != row.object_label]
    return _entry(row, model, named, records).changes


def _values_of_new(row: ChangeRecord) -> list[tuple[str, Any]]:
    """Return the values of a new record that say what it is: its place, and what columns of its register say."""
    model = apps.get_model(row.model)
    register = register_writing(model)
    values = []
    for name, value in row.after.items():
        field = _field(model, name)
        if field is None or not field.editable or value is None or value == "" or value == []:
            continue
        is_relation = isinstance(field, models.ForeignKey)
        if is_relation and register is not None and field.related_model is register.model:
            continue  # what a part belongs to is the record of the line
        values.append((not is_relation, name, value))
    return [(name, value) for _, name, value in sorted(values, key=lambda each: each[0])]


def _owners_of_parts(groups: Sequence[Sequence[ChangeRecord]], user: Actor) -> dict[int, Record]:
    """Return the record that a part belongs to, by the key of the first change of each group that is of parts alone.

    One query for each model of parts among them. Records outside the user's scope are left out.
    """
    wanted: dict[type[models.Model], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for group in groups:
        if not any(_is_of_record(row) for row in group):
            wanted[apps.get_model(group[0].model)][group[0].object_id].append(group[0].pk)
    owners: dict[int, Record] = {}
    for model, keys in wanted.items():
        register = register_writing(model)
        relations = (each for each in model._meta.concrete_fields if isinstance(each, models.ForeignKey))
        relation = next((each.name for each in relations if register and each.related_model is register.model), "")
        if not relation:
            continue
        visible = model._default_manager.visible_to(user)  # type: ignore[attr-defined]
        for part in visible.filter(pk__in=keys).select_related(relation):
            owners |= dict.fromkeys(keys[part.pk], getattr(part, relation))
    return owners


def history_of(record: models.Model, user: Actor, *, limit: int) -> list[Entry]:
    """Return the newest changes of a record and of its `history_parts` in the user's scope."""
    rows = list(changes_of(record, user)[:limit])
    named, records = _names_of_related(rows, user), _records_to_label(rows)
    return [_entry(row, type(record), named, records) for row in rows]


def history_lines(record: models.Model, user: Actor, *, limit: int) -> list[Entry]:
    """Return the newest changes of a record as `history_of`, to be read: none that says nothing, and no two that say one thing.

    What one change did to several parts of a kind is one line, as when an upload brings all bodies of a community. Of
    something new the values are shown. A change of what the portal keeps by itself, such as a sort key, is left out.
    Those of an edit in a page that may be taken back have an `undo_ref`, for whoever may edit.
    """
    rows = list(changes_of(record, user)[:limit])
    named, records = _names_of_related(rows, user, with_new=True), _records_to_label(rows)
    undo_refs = _undo_refs(rows) if has_right(user, "may_upload") else [""] * len(rows)
    lines = []
    for _, group in groupby(
        zip(rows, undo_refs, strict=True), key=lambda each: (each[0].change_set_id, each[0].model, each[0].kind)
    ):
        together, refs = zip(*group, strict=True)
        changes = [change for row in together for change in _changes(row, named, records)]
        # That a body is a 社区党组织 is said by the header of its column.
        headers = {change.label for change in changes}
        changes = [change for change in changes if change.new not in headers]
        if changes or together[0].kind != ChangeRecord.Kind.UPDATED:
            # Of what is new its main values are enough; what was changed is told whole.
            shown = changes if together[0].kind == ChangeRecord.Kind.UPDATED else changes[:MOST_IN_LINE]
            line = _entry(together[0], type(record), named, records)
            lines.append(replace(line, changes=shown, undo_ref=next(filter(None, refs), "")))
    return lines


def changes_of(record: models.Model, user: Actor) -> ChangeRecordQuerySet:
    """Return the changes of a record and of its `history_parts` in the user's scope, newest first."""
    of_parts = models.Q()
    for name in getattr(record, "history_parts", ()):
        rows = getattr(record, name)
        if hasattr(rows.model, "with_merged"):
            rows = rows(manager="with_merged")
        of_parts |= models.Q(model=rows.model._meta.label_lower, object_id__in=rows.order_by().values("pk"))
    of_record = models.Q(model=record._meta.label_lower, object_id=record.pk)
    return ChangeRecord.objects.visible_to(user).filter(of_record | of_parts).with_sources()


def _undo_refs(rows: Sequence[ChangeRecord]) -> list[str]:
    """Return for each change, newest first, the ref of its change set where an undoing may be asked for, else "".

    Once for each change set, only where all of it may be taken back, and where no later change of the record stands in
    its way. One query.
    """
    is_blocked: set[tuple[str, int]] = set()
    offered: set[int] = set()
    refs = []
    for row in rows:
        key, change_set = (row.model, row.object_id), row.change_set
        if change_set.reverses_id is not None or hasattr(change_set, "reversed_by"):
            refs.append("")
            continue
        is_offered = key not in is_blocked and change_set.pk not in offered and is_undoable(row)
        is_blocked.add(key)
        offered.add(change_set.pk)
        refs.append(change_set.ref if is_offered else "")
    whole = with_all_undoable({row.change_set_id for row, ref in zip(rows, refs, strict=True) if ref})
    return [ref if row.change_set_id in whole else "" for row, ref in zip(rows, refs, strict=True)]


def last_change_of(
    record: models.Model, user: Actor, fields: Collection[str], parts: Collection[models.Model] | None = None
) -> str:
    """Return who has changed one of some fields last, and when: 王某某 10:32; "" where the user may see no change.

    The values are those of `parts`, by default of the record and all of its `history_parts`. Where no change of such a
    field is found, as of the place, which several columns write, it is the newest change of any.
    """
    rows: list[ChangeRecord] = list(changes_of(record, user)[:MOST_LOOKED_AT])
    if parts is not None:
        keys = {(part._meta.label_lower, part.pk) for part in parts}
        rows = [row for row in rows if (row.model, row.object_id) in keys]
    records = _records_to_label(rows)
    last = next((row for row in rows if _fields_changed(row, records) & set(fields)), next(iter(rows), None))
    if last is None:
        return ""
    made_at = timezone.localtime(last.change_set.made_at)
    pattern = "%H:%M" if made_at.date() == timezone.localdate() else "%Y-%m-%d %H:%M"
    return f"{last.change_set.made_by} {made_at:{pattern}}"


def _fields_changed(row: ChangeRecord, records: Records) -> set[str]:
    """Return the fields of the columns that a change has written something else to."""
    record = records.get((row.model, row.object_id)) or apps.get_model(row.model)()
    names = {name for name in {*row.before, *row.after} if row.before.get(name) != row.after.get(name)}
    return {column.field for name in names if (column := column_for(record, name)) is not None}


def _records_to_label(rows: Sequence[ChangeRecord]) -> Records:
    """Return the records whose columns depend on what they hold: whether a body exists is another column for each kind.

    One query for each model among the changes that has such records; mostly none.
    """
    wanted: dict[type[models.Model], set[int]] = defaultdict(set)
    for row in rows:
        model = apps.get_model(row.model)
        register = register_writing(model)
        if register is not None and register.is_told_apart(model):
            wanted[model].add(row.object_id)
    return {
        (model._meta.label_lower, record.pk): record
        for model, keys in wanted.items()
        for record in model._base_manager.filter(pk__in=keys)
    }


def _entry(row: ChangeRecord, shown: type[models.Model], named: Named, records: Records) -> Entry:
    """Return the change for the page of a record of the model `shown`."""
    model = apps.get_model(row.model)
    record = records.get((row.model, row.object_id)) or model()
    batch = row.change_set.batch
    is_update = row.kind == ChangeRecord.Kind.UPDATED
    return Entry(
        made_at=row.change_set.made_at,
        made_by=str(row.change_set.made_by),
        kind=_kind_of(row),
        reason=row.change_set.reason,
        part="" if issubclass(shown, model) else str(model._meta.verbose_name),
        file_name=batch.file_name if batch is not None else "",
        changes=[
            _field_change(row, record, name, row.before.get(name), new, named)
            for name, new in row.after.items()
            if is_update and row.before.get(name) != new and not _is_internal(model, name)
        ],
    )


def _kind_of(row: ChangeRecord) -> str:
    """Return what was done: 新增, 修改 or 删除, and 撤销 for what an undoing did."""
    return "撤销" if row.change_set.reverses_id is not None else row.get_kind_display()


def _is_internal(model: type[models.Model], name: str) -> bool:
    """Return whether a field is kept by the portal itself (a sort key, which posting is the newest), and means nothing to people."""
    field = _field(model, name)
    return field is not None and not field.editable


def _field_change(row: ChangeRecord, record: models.Model, name: str, old: Any, new: Any, named: Named) -> FieldChange:
    """Return the change under the header of the register's column, or else under the name of the field."""
    field, column = _field(type(record), name), column_for(record, name)
    label = column.header if column is not None else str(field.verbose_name) if field is not None else name
    before, after = (display_logged(field, column, row.value_of(name, value), named) for value in (old, new))
    return FieldChange(label, before, told_apart(before, after, is_personal=isinstance(field, SealedField)))


def display_logged(field: models.Field | None, column: Column | None, value: Any, named: Named) -> str:
    """Return a value of the change log (`ChangeRecord.value_of`) as text; personal data are masked, `named` says what keys mean."""
    if value is None or field is None:
        return display_value(value)
    if isinstance(value, list):
        return display_value(_display_list(field, column, value))
    if isinstance(value, Sealed | Wiped):
        return str(value)
    if isinstance(field, models.ForeignKey):
        # A dash would say that there was nothing.
        return named.get((field.remote_field.model, value), OF_OTHERS)
    if isinstance(field, models.DateTimeField) and isinstance(value, str):
        return display_value(parse_datetime(value) or value)
    return display_value(dict(field.flatchoices).get(value, value))


def _display_list(field: models.Field, column: Column | None, values: list[Any]) -> str:
    """Return a list of choices as text; of links only their number, since some may lie outside the user's scope."""
    if isinstance(field, models.ManyToManyField):
        return f"{len(values)}个{field.remote_field.model._meta.verbose_name}"
    return column.written(values) if column is not None else "、".join(map(str, values))


def _field(model: type[models.Model], name: str) -> models.Field | None:
    """Return the field of a logged name, which is the field's name or attname; None if it no longer exists."""
    for field in model._meta.concrete_fields:
        if name in {field.name, field.attname}:
            return field
    try:
        return model._meta.get_field(name)  # type: ignore[return-value]
    except FieldDoesNotExist:
        return None


def _names_of_related(rows: Sequence[ChangeRecord], user: Actor, *, with_new: bool = False) -> Named:
    """Return the names of the records that changed foreign keys refer to, with one query for each model.

    `with_new` also those of new records that are shown.
    Records outside the user's scope are left out; `_display` says only that there is one.
    """
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for row in rows:
        is_shown = with_new and row.kind == ChangeRecord.Kind.CREATED
        for name, value in _values_of_new(row) if is_shown else _changed_values(row):
            field = _field(apps.get_model(row.model), name)
            if isinstance(field, models.ForeignKey) and value is not None:
                wanted[field.remote_field.model].add(value)
    return {
        (model, found.pk): str(found)
        for model, keys in wanted.items()
        for found in _rows_of(model).visible_to(user).filter(pk__in=keys)
    }


def _rows_of(model: type[models.Model]) -> Any:
    """Return every row of a model, those that were merged into another too."""
    return model.with_merged if issubclass(model, MergeableRecord) else model._default_manager  # type: ignore[attr-defined]


def _changed_values(row: ChangeRecord) -> Iterable[tuple[str, Any]]:
    return [*row.before.items(), *((name, value) for name, value in row.after.items() if name in row.before)]
