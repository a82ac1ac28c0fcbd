"""The records changed since a month was locked, with each of their states since then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.bulk import in_batches
from changzhi_portal.personal import SealedField

State = dict[str, Any]  # values by column, without personal data and lists: no figure depends on them
Kind = ChangeRecord.Kind


@dataclass(frozen=True)
class History:
    """The states of one record: `states[0]` at the lock; the change record `records[i]` changed state i into i + 1.

    A state is None before the record was created and after it was removed.
    """

    key: int
    states: list[State | None]
    records: list[int]

    @property
    def now(self) -> State | None:
        """Return the current state."""
        return self.states[-1]

    @property
    def last_known(self) -> State | None:
        """Return the current state, or the last one before the record was removed."""
        return next((state for state in reversed(self.states) if state is not None), None)


Histories = dict[int, History]  # by the record's key


def measured_columns(model: type[models.Model]) -> list[models.Field]:
    """Return the columns of a model that a measure may depend on: no personal data, no lists."""
    return [column for column in model._meta.concrete_fields if not isinstance(column, SealedField | models.JSONField)]


def histories_of(model: type[models.Model], change_sets: models.QuerySet[ChangeSet]) -> Histories:
    """Return the histories of a model's records that some change sets changed."""
    logged: dict[int, list[Any]] = defaultdict(list)
    rows = ChangeRecord.objects.filter(change_set__in=change_sets, model=model._meta.label_lower).order_by("id")
    for row in rows.values_list("object_id", "id", "kind", "before").iterator(chunk_size=5_000):
        logged[row[0]].append(row[1:])
    current = current_states(model, logged)
    return {key: _history(model, key, current.get(key), of_key) for key, of_key in logged.items()}


def current_states(model: type[models.Model], keys: Iterable[int], column: str = "pk") -> dict[int, State]:
    """Return the current states of the records whose `column` is one of `keys`, by the record's key."""
    names = [column.attname for column in measured_columns(model)]
    states: dict[int, State] = {}
    for batch in in_batches(list(keys)):
        rows = model._base_manager.filter(**{f"{column}__in": batch}).values("pk", *names)
        states |= {row.pop("pk"): row for row in rows}
    return states


def _history(model: type[models.Model], key: int, current: State | None, logged: Sequence[Any]) -> History:
    """Return the history, computed backwards from the current state by the logged changes."""
    states = [current]
    for _, kind, before in reversed(logged):
        later = states[-1]
        if kind == Kind.CREATED:
            states.append(None)
        elif kind == Kind.REMOVED:
            empty = dict.fromkeys((column.attname for column in measured_columns(model)), None)
            states.append(_with_logged_values(model, empty, before))
        else:
            states.append(None if later is None else _with_logged_values(model, later, before))
    return History(key, states[::-1], [record for record, _, _ in logged])


def _with_logged_values(model: type[models.Model], state: State, logged: dict[str, Any]) -> State:
    """Return a state updated with logged values, whose names are those of fields or of their columns."""
    columns = measured_columns(model)
    known = {name: column for column in columns for name in (column.name, column.attname)}
    return state | {
        known[name].attname: known[name].to_python(value) for name, value in logged.items() if name in known
    }
