"""Where ciphertexts are stored, so that all of them can be visited: to rotate keys, to wipe, to find what is held.

Columns of models are found by themselves: every `SealedField`. What an app stores in JSON or in files it declares in
`<app>/sealed.py`, as a `SealedJson` or a `SealedFiles`.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Q

from changzhi_portal.discovery import instances_in
from changzhi_portal.personal.fields import SealedField, place_of
from changzhi_portal.personal.sealing import Place
from changzhi_portal.personal.values import Sealed

ROWS_AT_ONCE: Final = 500


class Ciphertext(NamedTuple):
    """One stored token and its place. `kind` is that of its mask; "" for a text that may hold anything (a raw cell)."""

    token: str
    place: Place
    kind: str


# From a stored token to what shall stand in its place: another one, or the same.
Replace = Callable[[Ciphertext], str]
Row = Mapping[str, Any]  # by the names of columns, with `pk`


class HeldLine(NamedTuple):
    """One row that holds something about a person, as the answer to a request lists it; `url` is "" without a page."""

    at: datetime.datetime
    title: str
    url: str
    text: str


class SealedTable(ABC):
    """A table with ciphertexts. `name` is what the commands call it."""

    model: type[models.Model]
    columns: Sequence[str]  # those with ciphertexts
    needs: Sequence[str]  # what else tells the places

    @property
    def name(self) -> str:
        """Return the label of the model."""
        return self.model._meta.label_lower

    @property
    def among(self) -> Q:
        """Return the condition on rows that may hold ciphertexts."""
        return Q()

    @abstractmethod
    def rewritten(self, row: Row, replace: Replace) -> dict[str, Any]:
        """Return the columns of a row with every ciphertext replaced, as an UPDATE takes them."""

    def key_batches(self, only: Q | None = None) -> Iterator[list[int]]:
        """Yield the keys of all rows, or of those with a condition, some at a time, each in a query of its own."""
        rows = self.model._base_manager.filter(self.among, only or Q()).order_by("pk")
        last = 0
        while found := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:ROWS_AT_ONCE]):
            yield found
            last = found[-1]

    def rows(self, keys: Sequence[int]) -> list[dict[str, Any]]:
        """Return rows by their keys."""
        return list(
            self.model._base_manager.filter(pk__in=keys).order_by("pk").values("pk", *self.columns, *self.needs)
        )

    def rewrite(self, keys: Sequence[int], replace: Replace, *, waits: bool = False) -> int:
        """Replace the ciphertexts of rows in one short transaction; return how many rows are other now.

        Rows that somebody else has locked are left as they are, or with `waits` waited for.
        """
        with transaction.atomic():
            free = self._locked(keys, waits=waits)
            changed = 0
            for row in self.rows(free):
                new = self.rewritten(row, replace)
                if any(_stored(new[name]) != _stored(row[name]) for name in new):
                    changed += self.model._base_manager.filter(pk=row["pk"]).update(**new)
        return changed

    def _locked(self, keys: Sequence[int], *, waits: bool) -> Sequence[int]:
        """Return the keys of those rows that could be locked; SQLite's transactions lock everything."""
        if not connection.features.has_select_for_update_skip_locked:
            return keys
        rows = self.model._base_manager.select_for_update(skip_locked=not waits).filter(pk__in=keys).order_by("pk")
        return list(rows.values_list("pk", flat=True))


def _stored(value: Any) -> Any:
    return value.token if isinstance(value, Sealed) else value


class SealedColumns(SealedTable):
    """The `SealedField` columns of a model."""

    needs = ("ref",)

    def __init__(self, model: type[models.Model], fields: Sequence[SealedField]) -> None:
        self.model = model
        self.fields = fields
        self.columns = [field.attname for field in fields]

    @property
    def among(self) -> Q:
        """See SealedTable."""
        return Q(*(Q(**{f"{name}__isnull": False}) for name in self.columns), _connector=Q.OR)

    def rewritten(self, row: Row, replace: Replace) -> dict[str, Any]:
        """See SealedTable."""
        new: dict[str, Any] = {}
        for field in self.fields:
            value = row[field.attname]
            if value is not None:
                place = place_of(self.model, field.attname, row["ref"])
                token = replace(Ciphertext(value.token, place, field.kind))
                new[field.attname] = Sealed(field.kind, token=token, place=place)
        return new


def _about_nothing(records: Mapping[type[models.Model], Sequence[int]]) -> Q:
    return Q(pk__in=())


class SealedJson(SealedTable):
    """Ciphertexts in JSON columns; `walk` returns new JSON of the columns of a row, each ciphertext replaced.

    `title` names the table to people, `describe` returns its rows by their keys as lines, and `about` the condition on
    rows about records, given by model and key, whatever personal values the rows hold.
    """

    def __init__(
        self,
        model: type[models.Model],
        *,
        columns: Sequence[str],
        needs: Sequence[str],
        walk: Callable[[Row, Replace], dict[str, Any]],
        title: str,
        describe: Callable[[Sequence[int], Any], list[HeldLine]],
        about: Callable[[Mapping[type[models.Model], Sequence[int]]], Q] = _about_nothing,
        among: Callable[[], Q] = Q,
    ) -> None:
        self.model = model
        self.columns = columns
        self.needs = needs
        self.title = title
        self.describe = describe
        self.about = about
        self._walk = walk
        self._among = among

    @property
    def among(self) -> Q:
        """See SealedTable."""
        return self._among()

    def rewritten(self, row: Row, replace: Replace) -> dict[str, Any]:
        """See SealedTable."""
        return self._walk(row, replace)


class SealedFiles(ABC):
    """Encrypted files, each told by a key. `name` is what the commands call them."""

    name: str

    @abstractmethod
    def all_keys(self) -> Iterator[int]:
        """Yield the keys of all files that should exist."""

    @abstractmethod
    def key_id(self, key: int) -> str | None:
        """Return the id of the field key of a file, "" for one without a place; None for a file that is gone."""

    @abstractmethod
    def encrypt_again(self, key: int) -> None:
        """Encrypt a file under the newest key, unless it has gone. Raises CannotDecryptError."""

    @abstractmethod
    def place(self, key: int) -> str:
        """Return what the file is, for messages."""


def sealed_tables() -> list[SealedTable]:
    """Return every table with ciphertexts: those with a `SealedField` first, then what the apps declare."""
    columns: list[SealedTable] = []
    for model in apps.get_models():
        fields = [field for field in model._meta.concrete_fields if isinstance(field, SealedField)]
        if fields:
            columns.append(SealedColumns(model, fields))
    return columns + list(instances_in("sealed", SealedTable))


def sealed_files() -> tuple[SealedFiles, ...]:
    """Return the encrypted files that the apps declare."""
    return instances_in("sealed", SealedFiles)
