"""Querysets of page classes are shared by the threads of a web process: their subqueries must not be ordered.

Django adds the joins of an ordering each time it compiles a subquery. Two threads that compile the same one at once
write into the same query, and one of them sends SQL with an alias that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import Subquery
from django.urls import get_resolver
from django.views.generic import View

from changzhi_portal.pages import DetailPage, ListPage


def _classes(base: type[View]) -> Iterator[type[Any]]:
    for each in base.__subclasses__():
        yield each
        yield from _classes(each)


def _subqueries(expression: Any) -> Iterator[Any]:
    if isinstance(expression, Subquery):
        yield expression.query
        for inner in expression.query.annotations.values():
            yield from _subqueries(inner)
    for source in getattr(expression, "get_source_expressions", list)():
        if source is not None:
            yield from _subqueries(source)


def _ordered_by_relations(query: Any) -> bool:
    by_default = query.default_ordering and not query.order_by and not query.extra_order_by
    named = (query.model._meta.ordering if by_default else query.order_by) or ()
    return any(_crosses(query.model, name) for name in named if isinstance(name, str))


def _crosses(model: Any, name: str) -> bool:
    first, *more = name.removeprefix("-").split("__")
    return bool(more) or (
        first != "pk" and first not in model._meta.pk.name and model._meta.get_field(first).is_relation
    )


def test_no_shared_subquery_is_ordered_over_a_relation():
    assert get_resolver().url_patterns, "imports every page"
    shared = {
        page: page.queryset
        for base in (ListPage, DetailPage)
        for page in _classes(base)
        if isinstance(getattr(page, "queryset", None), QuerySet) and not page.__module__.startswith("tests.")
    }
    assert len(shared) > 10
    found = [
        f"{page.__module__}.{page.__name__}: {name}"
        for page, queryset in shared.items()
        for name, annotation in queryset.query.annotations.items()
        for query in _subqueries(annotation)
        if _ordered_by_relations(query)
    ]
    assert found == [], "add order_by() to these subqueries"
