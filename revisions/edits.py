"""The records changed since a month was locked, with every state they have been in since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.bulk import in_batches
from changzhi_portal.personal import SealedField

State = dict[str, Any]  # by column; personal data and lists are left out, nothing is measured by them
Kind = ChangeRecord.Kind


@dataclass(frozen=True)
class History:
    """One record: `states[0]` is how it stood when the month was locked, `records[i]` led from state i to i + 1.

    None stands for a record that is not there (yet, or any more).
    """

    key: int
    states: list[State | None]
    records: list[int]

    @property
    def now(self) -> State | None:
        """How it stands today."""
        return self.states[-1]

    @property
    def last_known(self) -> State | None:
        """How it stands, or how it stood before it was removed."""
        return next((state for state in reversed(self.states) if state is not None), None)


Histories = dict[int, History]  # by the record's key


def measured_columns(model: type[models.Model]) -> list[models.Field]:
    """The columns of a model that a measure may depend on: neither personal data nor lists."""
    return [column for column in model._meta.concrete_fields if not isinstance(column, SealedField | models.JSONField)]


def histories_of(model: type[models.Model], change_sets: models.QuerySet[ChangeSet]) -> Histories:
    """The histories of a model's records in some change sets, as far as the change log knows them."""
    logged: dict[int, list[Any]] = defaultdict(list)
    rows = ChangeRecord.objects.filter(change_set__in=change_sets, model=model._meta.label_lower).order_by("id")
    for row in rows.values_list("object_id", "id", "kind", "before").iterator(chunk_size=5_000):
        logged[row[0]].append(row[1:])
    standing = states_of(model, logged)
    return {key: _history(model, key, standing.get(key), of_key) for key, of_key in logged.items()}


def states_of(model: type[models.Model], keys: Iterable[int], column: str = "pk") -> dict[int, State]:
    """How records stand today, by their key; found by a `column` that refers to `keys`."""
    names = [column.attname for column in measured_columns(model)]
    found: dict[int, State] = {}
    for batch in in_batches(list(keys)):
        rows = model._base_manager.filter(**{f"{column}__in": batch}).values("pk", *names)
        found |= {row.pop("pk"): row for row in rows}
    return found


def _history(model: type[models.Model], key: int, standing: State | None, logged: Sequence[Any]) -> History:
    """Back from today's state, change by change."""
    states = [standing]
    for _, kind, before in reversed(logged):
        later = states[-1]
        if kind == Kind.CREATED:
            states.append(None)
        elif kind == Kind.REMOVED:
            states.append(_with(model, dict.fromkeys((c.attname for c in measured_columns(model)), None), before))
        else:
            states.append(None if later is None else _with(model, later, before))
    return History(key, states[::-1], [record for record, _, _ in logged])


def _with(model: type[models.Model], state: State, logged: dict[str, Any]) -> State:
    """A state with the logged values, which go by the name of a field or of its column."""
    columns = measured_columns(model)
    known = {name: column for column in columns for name in (column.name, column.attname)}
    return state | {
        known[name].attname: known[name].to_python(value) for name, value in logged.items() if name in known
    }
