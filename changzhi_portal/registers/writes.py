"""What a write to a register is. Carrying writes out, and logging them, lies in `changelog`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from django.db import models

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    """Return the empty mapping that writes share: one of its own for each write of a large file costs time."""
    return _NOTHING


class Wording(NamedTuple):
    """A change of keys as people read it: its heading, what the record said, what it will say."""

    header: str
    old: str
    new: str


@dataclass(slots=True)
class Write:
    """One record that a row would create or change.

    `before` holds the old values of the changed fields, `links` the keys that many-to-many fields shall hold.
    `division_id` is the division that the change belongs to.

    The preview shows the fields of every write but those of new records, which the row's own values show, and those that a
    sentence of the row tells (`is_said`). `follows` belongs to a new part of an existing record, such as the figures of
    another day: the values of the part that it comes after, which the preview shows as the old ones. `words` says by
    attribute what keys mean; attributes that are told together have the same wording.
    """

    instance: models.Model
    is_new: bool
    division_id: int
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    links: dict[str, list[int]] = field(default_factory=dict)
    batch_row: int | None = None  # the position of the row that asks for it; undoing goes row by row
    label: str = ""  # how people call the record; by default what the instance says
    leaves_division_id: int | None = None  # the place that loses a person by it, whose office is told
    is_said: bool = False  # whether a sentence of the row tells it (`RegisterRow.also`): an old posting is ended
    follows: Mapping[str, Any] = field(default_factory=_nothing)
    words: Mapping[str, Wording] = field(default_factory=_nothing)


def propose(instance: models.Model, values: Mapping[str, Any], *, division_id: int, is_new: bool) -> Write | None:
    """Set the given values on an instance and describe the write; None when an existing record stays as it is.

    This is the one comparison: preview, commit and change log all come from what it returns.
    """
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in values.items():
        old = getattr(instance, name)
        if is_new or old != value:
            if not is_new:
                before[name] = old
            after[name] = value
            setattr(instance, name, value)
    if not is_new and not after:
        return None
    return Write(instance=instance, is_new=is_new, division_id=division_id, before=before, after=after)
