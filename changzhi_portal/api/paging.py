"""Paging by cursor: an answer ends with where the next one begins, so that writes meanwhile neither repeat nor skip rows.

Django REST framework's CursorPagination counts rows with the same value by an offset, which ends at a thousand; here rows
with the same value are told apart by their keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Field, Model, Q, QuerySet
from django.http import QueryDict
from rest_framework.request import Request

from changzhi_portal.api.parameters import sort_of
from changzhi_portal.api.problems import BadRequestError

_SALT: Final = "changzhi_portal.api.paging"
# What does not change which rows an address means, or in which order.
_OF_THE_ANSWER: Final = frozenset({"cursor", "limit", "fields", "expand"})


@dataclass(frozen=True, slots=True)
class Page:
    """One answer's rows: their keys in order, and the cursor of those that follow; "" at the end.

    `begun` is what was noted when the first page was asked for.
    """

    keys: list[int]
    cursor: str
    begun: int = 0


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after the row with this value and key, among rows that are read since `begun`."""

    value: str | None
    key: int
    begun: int


def page_of(rows: QuerySet, query: QueryDict, *, sorts: Any, limit: int, begin: Callable[[], int] = lambda: 0) -> Page:
    """Return the keys of the page that the address asks for. Raises BadRequestError for a cursor of another address.

    The first page notes what `begin` returns, and the others keep it.
    """
    _, lookup, descends = sort_of(query, sorts)
    asked = digest_of(rows.model._meta.label, query)
    cursor = cursor_of(query, asked)
    begun = begin() if cursor is None else cursor.begun
    if cursor is not None:
        rows = rows.filter(_after(rows.model, lookup, descends, cursor))
    order = F(lookup).desc(nulls_last=True) if descends else F(lookup).asc(nulls_last=True)
    found = list(
        rows.order_by(order, "pk").values_list("pk", lookup)[: limit + 1] if lookup != "pk" else _keys(rows, limit)
    )
    keys = [key for key, _ in found[:limit]]
    if len(found) <= limit:
        return Page(keys, "", begun)
    last_key, last_value = found[limit - 1]
    return Page(keys, signed(asked, Cursor(_as_text(last_value), last_key, begun)), begun)


def _keys(rows: QuerySet, limit: int) -> list[tuple[int, None]]:
    return [(key, None) for key in rows.order_by("pk").values_list("pk", flat=True)[: limit + 1]]


def digest_of(what: str, query: QueryDict) -> str:
    """Return what stands for an address's filters and order, so that a cursor is not used with others."""
    asked = sorted((name, query.get(name, "")) for name in query if name not in _OF_THE_ANSWER)
    return hashlib.sha256(repr((what, asked)).encode()).hexdigest()[:16]


def address_with(request: Request, **parameters: str) -> str:
    """Return the address of a request with other parameters, without those that are blank."""
    query = request.query_params.copy()
    for name, value in parameters.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def signed(asked: str, cursor: Cursor) -> str:
    """Return a cursor as addresses carry it; `asked` is the digest of the address."""
    return signing.dumps([asked, cursor.value, cursor.key, cursor.begun], salt=_SALT)


def cursor_of(query: QueryDict, asked: str) -> Cursor | None:
    """Return the cursor of an address with this digest; None for a first page. Raises BadRequestError for another's."""
    if "cursor" not in query:
        return None
    try:
        of_address, value, key, begun = signing.loads(query.get("cursor", ""), salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise _wrong_cursor() from error
    if of_address != asked:
        raise _wrong_cursor()
    return Cursor(value, key, begun)


def _wrong_cursor() -> BadRequestError:
    return BadRequestError(
        "参数“cursor”不是这个地址给出的，请从第一页重新开始。",
        cure="The cursor is not of this address: its filters and order must stay as they were.",
        field="cursor",
    )


def _after(model: type[Model], lookup: str, descends: bool, cursor: Cursor) -> Q:
    value, key = cursor.value, cursor.key
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
