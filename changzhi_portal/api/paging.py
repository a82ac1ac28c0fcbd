"""Paging by cursor: an answer ends with where the next one begins, so that writes meanwhile neither repeat nor skip rows.

Django REST framework's CursorPagination counts rows with the same value by an offset, which ends at a thousand; here rows
with the same value are told apart by their keys.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Field, Model, Q, QuerySet
from django.http import QueryDict

from changzhi_portal.api.parameters import sort_of
from changzhi_portal.api.problems import BadRequestError

_SALT: Final = "changzhi_portal.api.paging"
# What does not change which rows an address means, or in which order.
_OF_THE_ANSWER: Final = frozenset({"cursor", "limit", "fields"})


@dataclass(frozen=True, slots=True)
class Page:
    """One answer's rows: their keys in order, and the cursor of those that follow; "" at the end."""

    keys: list[int]
    cursor: str


def page_of(rows: QuerySet, query: QueryDict, *, sorts: Any, limit: int) -> Page:
    """Return the keys of the page that the address asks for. Raises BadRequestError for a cursor of another address."""
    _, lookup, descends = sort_of(query, sorts)
    asked = _digest_of(rows.model, query)
    if "cursor" in query:
        rows = rows.filter(_after(rows.model, lookup, descends, *_position_of(query.get("cursor", ""), asked)))
    order = F(lookup).desc(nulls_last=True) if descends else F(lookup).asc(nulls_last=True)
    found = list(
        rows.order_by(order, "pk").values_list("pk", lookup)[: limit + 1] if lookup != "pk" else _keys(rows, limit)
    )
    keys = [key for key, _ in found[:limit]]
    if len(found) <= limit:
        return Page(keys, "")
    last_key, last_value = found[limit - 1]
    return Page(keys, signing.dumps([asked, _as_text(last_value), last_key], salt=_SALT))


def _keys(rows: QuerySet, limit: int) -> list[tuple[int, None]]:
    return [(key, None) for key in rows.order_by("pk").values_list("pk", flat=True)[: limit + 1]]


def _digest_of(model: type[Model], query: QueryDict) -> str:
    """Return what stands for an address's filters and order, so that a cursor is not used with others."""
    asked = sorted((name, query.get(name, "")) for name in query if name not in _OF_THE_ANSWER)
    return hashlib.sha256(repr((model._meta.label, asked)).encode()).hexdigest()[:16]


def _position_of(cursor: str, asked: str) -> tuple[str | None, int]:
    try:
        of_address, value, key = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise _wrong_cursor() from error
    if of_address != asked:
        raise _wrong_cursor()
    return value, key


def _wrong_cursor() -> BadRequestError:
    return BadRequestError(
        "参数“cursor”不是这个地址给出的，请从第一页重新开始。",
        cure="The cursor is not of this address: its filters and order must stay as they were.",
        field="cursor",
    )


def _after(model: type[Model], lookup: str, descends: bool, value: str | None, key: int) -> Q:
    if lookup == "pk":
        return Q(pk__gt=key)
    nothing = Q(**{f"{lookup}__isnull": True})
    if value is None:
        return nothing & Q(pk__gt=key)
    try:
        typed = _field_at(model, lookup).to_python(value)
    except ValidationError as error:
        raise _wrong_cursor() from error
    further = Q(**{f"{lookup}__{'lt' if descends else 'gt'}": typed})
    return further | Q(**{lookup: typed}, pk__gt=key) | nothing


def _field_at(model: type[Model], lookup: str) -> Field[Any, Any]:
    *way, last = lookup.split("__")
    for step in way:
        model = model._meta.get_field(step).related_model  # type: ignore[assignment]  # a model, never "self"
    field = model._meta.get_field(last)
    if not isinstance(field, Field):
        raise FieldDoesNotExist(f"Rows cannot be sorted by {lookup}.")
    return field


def _as_text(value: Any) -> str | None:
    return None if value is None else str(value)
