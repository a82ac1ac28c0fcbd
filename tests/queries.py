"""Tests of the number of queries of a page, so that a slow page is noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

WRITES = ("INSERT", "UPDATE", "DELETE")


@contextmanager
def exactly(number: int) -> Iterator[CaptureQueriesContext]:
    """Fail and print the SQL unless exactly `number` queries are made."""
    with CaptureQueriesContext(connection) as queries:
        yield queries
    count = len(queries)
    assert count == number, f"{count} queries instead of {number}:\n{listed(queries)}"


def queries_of(action: Callable[[], Any]) -> CaptureQueriesContext:
    """Return the queries that an action makes."""
    with CaptureQueriesContext(connection) as queries:
        action()
    return queries


def writes_of(queries: CaptureQueriesContext) -> list[str]:
    """Return those of the queries that write."""
    return [query["sql"] for query in queries.captured_queries if query["sql"].lstrip().upper().startswith(WRITES)]


def listed(queries: CaptureQueriesContext) -> str:
    """Return the SQL, one numbered and shortened statement a line."""
    statements = enumerate(queries.captured_queries, start=1)
    return "\n".join(f"{number}. {query['sql'][:400]}" for number, query in statements)
