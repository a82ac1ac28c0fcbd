"""What the portal holds on one person, found by the ID number (个人信息保护法第四十五条: 查阅、复制).

Nothing is named here: records are found in every model with personal data, by digest where it has one, and what apps store
in JSON in every table that they declare (`<app>/sealed.py`), by decrypting it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from changzhi_portal.facts import Fact, fact_of
from changzhi_portal.personal import CannotDecryptError, Sealed, SealedField, decrypt, digest
from changzhi_portal.personal.stores import Ciphertext, HeldLine, SealedJson, sealed_tables
from changzhi_portal.registers.registry import register_of
from changzhi_portal.scope import ScopedModel

MOST_LINES = 200  # of each table
# Of users: a hash, and two marks of Django's that the portal does not use.
_NOT_SHOWN: Final = {"password", "is_staff", "is_superuser"}


@dataclass(frozen=True)
class HeldRecord:
    """A record about the person: its kind and name, its page and the form that corrects it, and what it says.

    `parts` are what belongs to it, such as postings; `is_by_phone` says that only a phone is the same, so that it may be
    somebody else's; `is_merged` that it was merged into another record.
    """

    kind: str
    name: str
    url: str
    edit_url: str
    facts: list[Fact]
    parts: list[tuple[str, str]]
    is_by_phone: bool
    is_merged: bool


class HeldTable(NamedTuple):
    """What one table holds besides the records: changes, rows of uploads. `number` counts all, `lines` are the first."""

    title: str
    number: int
    lines: list[HeldLine]


@dataclass(frozen=True)
class Held:
    """All that is held on a person; `mask` is that of the number."""

    mask: str
    records: list[HeldRecord] = field(default_factory=list)
    tables: list[HeldTable] = field(default_factory=list)

    @property
    def number(self) -> int:
        """Return how many records and lines there are."""
        return len(self.records) + sum(table.number for table in self.tables)


def held_on(id_number: str, *, by: User) -> Held:
    """Return what is held on the person with this ID number, as far as the user sees it.

    Records are found by the number, and then by the phones that these name: a head of an organization, a user.
    """
    found = list(_records_with("id_number", {id_number}, by))
    phones = {phone for record in found for phone in _phones_of(record)}
    others = [record for record in _records_with("phone", phones, by) if record not in found]
    records = [_described(record) for record in found]
    records += [_described(record, is_by_phone=True) for record in others]
    tables = [
        HeldTable(table.title, len(keys), table.describe(keys[:MOST_LINES], by))
        for table in sealed_tables()
        if isinstance(table, SealedJson)
        if (keys := sorted(_keys_in(table, id_number, phones, found, by)))
    ]
    return Held(str(Sealed("id_number", plain=id_number)), records, tables)


def _sealed_fields(model: type[models.Model], kind: str) -> list[SealedField]:
    return [each for each in model._meta.concrete_fields if isinstance(each, SealedField) and each.kind == kind]


def _records_with(kind: str, numbers: Collection[str], by: User) -> Iterator[Any]:
    """Yield the records, also merged ones, whose columns of a kind hold one of the numbers, in the user's scope."""
    if not numbers:
        return
    for model in apps.get_models():
        for column in _sealed_fields(model, kind) if issubclass(model, ScopedModel) else ():
            manager: Any = getattr(model, "with_merged", model._default_manager)
            rows = manager.visible_to(by)
            yield from rows.filter(_holds(model, column, numbers, rows)).distinct().order_by("pk")


def _holds(model: type[models.Model], column: SealedField, numbers: Collection[str], rows: Any) -> Q:
    """Return the condition that a column holds one of the numbers: by its digest, or of a model without by decrypting all."""
    names = {each.attname for each in model._meta.concrete_fields}
    if f"{column.attname}_digest" in names:
        return Q(**{f"{column.attname}_digest__in": list(map(digest, numbers))})
    if f"{column.attname}_digests" in names:
        conditions = (Q(**{f"{column.attname}_digests__contains": digest(number)}) for number in numbers)
        return Q(*conditions, _connector=Q.OR)
    filled = rows.filter(**{f"{column.attname}__isnull": False})
    return Q(pk__in=[row.pk for row in filled if _numbers_in(getattr(row, column.attname)).intersection(numbers)])


def _numbers_in(value: Sealed) -> set[str]:
    return set(value.reveal().split("、"))


def _phones_of(record: models.Model) -> set[str]:
    values = (getattr(record, column.attname) for column in _sealed_fields(type(record), "phone"))
    return {number for value in values if value is not None for number in _numbers_in(value)}


def _described(record: Any, *, is_by_phone: bool = False) -> HeldRecord:
    """Return a record as the page shows it; personal values are masked as everywhere."""
    register = register_of(type(record))
    facts = [
        fact_of(record, each.name)
        for each in record._meta.concrete_fields
        if each.editable and not each.is_relation and not each.primary_key
        if each.name not in _NOT_SHOWN and getattr(record, each.attname) not in (None, "")
    ]
    parts = [
        (str(part._meta.verbose_name), _part_in_words(part))
        for name in _names_of_parts(record)
        for part in _parts(record, name)
    ]
    return HeldRecord(
        kind=str(record._meta.verbose_name),
        name=str(record),
        url=record.get_absolute_url(),
        edit_url=_edit_url(record, register),
        facts=facts,
        parts=parts,
        is_by_phone=is_by_phone,
        is_merged=getattr(record, "merged_into_id", None) is not None,
    )


def _names_of_parts(record: Any) -> tuple[str, ...]:
    """Return the relations to what belongs to a record: its parts, and records of registers of their own about the same person."""
    return (*getattr(record, "history_parts", ()), *getattr(record, "held_parts", ()))


def _parts(record: Any, name: str) -> Any:
    rows = getattr(record, name)
    return rows(manager="with_merged").all() if hasattr(rows.model, "with_merged") else rows.all()


def _part_in_words(part: Any) -> str:
    start, end = (getattr(part, name, None) for name in getattr(part, "dated_by", ("", "")))
    return f"{part}，{start}至{end or '今'}" if start else str(part)


def _edit_url(record: Any, register: Any) -> str:
    if getattr(record, "merged_into_id", None) is not None:
        return ""
    if isinstance(record, User):
        return reverse("accounts:user_edit", args=[record.ref])
    return "" if register is None else reverse("changelog:edit", args=[register.name, record.ref])


def _keys_in(
    table: SealedJson, id_number: str, phones: Collection[str], found: Sequence[models.Model], by: User
) -> set[int]:
    """Return the keys of the rows, in the user's scope, that hold a number of the person or are about a found record."""
    about: dict[type[models.Model], list[int]] = defaultdict(list)
    for record in found:
        about[type(record)].append(record.pk)
        for name in _names_of_parts(record):
            for part in _parts(record, name):
                about[type(part)].append(part.pk)
    visible = table.model._default_manager.visible_to(by)  # type: ignore[attr-defined]  # every such table is scoped
    keys = set(visible.filter(table.about(about)).values_list("pk", flat=True))
    holding: list[int] = []
    for some in table.key_batches():
        holding += [row["pk"] for row in table.rows(some) if _holds_number(table, row, id_number, phones)]
    return keys | set(visible.filter(pk__in=holding).values_list("pk", flat=True))


def _holds_number(table: SealedJson, row: Any, id_number: str, phones: Collection[str]) -> bool:
    hits: list[str] = []

    def look(each: Ciphertext) -> str:
        try:
            plain = decrypt(each.token, each.place)
        except CannotDecryptError:
            return each.token
        wanted = {id_number} if each.kind == "id_number" else {id_number, *phones}
        is_there = bool(wanted & set(plain.split("、"))) if each.kind else any(number in plain for number in wanted)
        if is_there:
            hits.append(each.place)
        return each.token

    table.rewritten(row, look)
    return bool(hits)
