"""What a body says of a record: its fields by kind, and what of it differs from the record as the API gives it.

Only what differs is written, as a form sends only what was changed: what was read can be sent back whole.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from rest_framework import serializers

from changzhi_portal.api.bodies import TRUTH, BodyErrors, kind_of
from changzhi_portal.api.rendering import JsonRenderer
from changzhi_portal.registers.batches import WantedRow
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.register import RegisterSheet

# What a body says beside the fields of a record.
CORRECTS: Final = "corrects"
CONFIRMS: Final = "confirm_warnings"
LOCKED_REASON: Final = "locked_reason"


@dataclass(frozen=True)
class RecordBody:
    """How a register's records are written in bodies. `described` are the fields that the description has of a record.

    Raises TypeError for a column that has the name of something else in a body.
    """

    register: type[RegisterSheet]
    described: Mapping[str, serializers.Field]

    def __post_init__(self) -> None:
        if taken := {CORRECTS, CONFIRMS, LOCKED_REASON} & {column.field for column in self.register.columns}:
            raise TypeError(f"Bodies say something else by {', '.join(sorted(taken))}: rename the column's field.")

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Return the columns that may be written, by field; of a register that gets no new records those of its form."""
        closed = {"ref"} if self.register.may_be_added else self.register.not_in_forms
        return {column.field: column for column in self.register.columns if column.field not in closed}

    @property
    def read_only(self) -> set[str]:
        """Return the fields that a body may repeat, but not change."""
        return set(self.described) - set(self.columns)

    @cached_property
    def together(self) -> list[Collection[str]]:
        """Return the groups of fields of which all are given where one is: a place, a new posting."""
        groups = [*self.register.given_together, self.register.fields_of_new_part]
        return [[name for name in group if name in self.columns] for group in groups]

    @property
    def has_parts(self) -> bool:
        """Return whether a later first day may mean another part, such as a posting, or correct the newest."""
        return bool(self.register.fields_of_new_part)

    def check(
        self, body: Mapping[str, Any], errors: BodyErrors, *, is_new: bool, at: str = "", options: Iterable[str] = ()
    ) -> None:
        """Note the names that are no fields, and values of a wrong kind; `options` are names beside the fields."""
        own = {CORRECTS} if self.has_parts and not is_new else set()
        errors.refuse_unknown(body, [*self.described, *sorted(own), *options], at=at)
        for name, value in body.items():
            if name in self.columns and value is not None:
                errors.is_of(value, kind_of(self.columns[name]), f"{at}{name}")
        if own and CORRECTS in body:
            errors.is_of(body[CORRECTS], TRUTH, f"{at}{CORRECTS}")

    def added(
        self, body: Mapping[str, Any], errors: BodyErrors, *, at: str = "", may_be_null: Collection[str] = ()
    ) -> WantedRow:
        """Return the row of a new record: what is null is not given. The body must have been checked.

        `may_be_null` are the names of what only is read that the body may say nothing of.
        """
        given = {name for name in self.read_only if name in body and not (body[name] is None and name in may_be_null)}
        self._refuse_read_only(given, errors, at)
        return WantedRow({name: _plain(body[name]) for name in self.columns if body.get(name) is not None})

    def changed(self, body: Mapping[str, Any], present: Mapping[str, Any]) -> WantedRow:
        """Return the row of a change: what differs from `present`, the record's entry (`RegisterSheet.entries`).

        The body must have been checked.
        """
        shown = as_given(present, list(self.columns))
        differing = {name for name in self.columns if name in body and body[name] != shown[name]}
        for group in self.together:
            if not differing.isdisjoint(group):
                differing |= set(group)
        values = {name: _plain(body[name]) if name in body else present.get(name) for name in differing}
        return WantedRow(values, present["ref"], present["version"], corrects=bool(body.get(CORRECTS, False)))

    def refuse_changed(
        self, body: Mapping[str, Any], present: Mapping[str, Any], errors: BodyErrors, *, at: str = ""
    ) -> None:
        """Note the fields that only are read and differ from what the API gives (`present`)."""
        differing = {name for name in self.read_only if name in body and body[name] != present.get(name)}
        self._refuse_read_only(differing, errors, at)

    @staticmethod
    def _refuse_read_only(names: Collection[str], errors: BodyErrors, at: str) -> None:
        for name in sorted(names):
            errors.add(f"{at}{name}", "read_only", f"“{name}”由系统给出，不能填写。", f"{name} is given by the portal.")


def as_given(entry: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return these fields of an entry as JSON gives them: personal values as masks, `null` for what is not known."""
    known = {name: None if (value := entry.get(name)) == "" else value for name in names}
    given: dict[str, Any] = json.loads(JsonRenderer().render(known))
    return given


def _plain(value: Any) -> Any:
    """Return a value of JSON as columns take it: a whole number may be written 12.0."""
    return int(value) if isinstance(value, Decimal) else value
