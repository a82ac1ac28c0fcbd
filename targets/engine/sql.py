"""Putting statements together from the compiled SQL of querysets.

Everything in `text` is ours (querysets, and the names of our own tables and columns); values go into `params`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet


@dataclass(frozen=True)
class Sql:
    """A piece of SQL with the values of its %s, in their order."""

    text: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Named:
    """A common table expression: `name` (its columns) AS (`body`), computed once a statement."""

    name: str
    columns: Sequence[str]
    body: Sql


def compiled(queryset: QuerySet[Any, Any]) -> Sql:
    """The SELECT of a queryset of `values()`; its columns have the names given there."""
    text, params = queryset.query.get_compiler(connection=connection).as_sql()
    return Sql(text, tuple(params))


def table(model: type[Model]) -> str:
    """A model's table, quoted."""
    return connection.ops.quote_name(model._meta.db_table)


def union(*parts: Sql) -> Sql:
    """The rows of all parts."""
    return Sql("\nUNION ALL\n".join(part.text for part in parts), tuple(chain(*(part.params for part in parts))))


def selected(columns: Sequence[str], rows: Sql) -> Sql:
    """The named columns of `rows`, in this order; a compiled queryset's own order is Django's affair."""
    return Sql(f"SELECT {', '.join(columns)} FROM ({rows.text}) AS rows_of_it", rows.params)  # noqa: S608


def select_from(*, named: Sequence[Named], columns: Iterable[Sql], rows: Sql) -> Sql:
    """`WITH named … SELECT columns FROM rows`; `rows` follows FROM."""
    columns = tuple(columns)
    values = ",\n  ".join(column.text for column in columns)
    expressions = ",\n".join(
        f"{part.name} ({', '.join(part.columns)}) AS MATERIALIZED (\n{part.body.text}\n)" for part in named
    )
    return Sql(
        f"WITH RECURSIVE {expressions}\nSELECT\n  {values}\nFROM {rows.text}",
        (
            *chain(*(part.body.params for part in named)),
            *chain(*(column.params for column in columns)),
            *rows.params,
        ),
    )


def insert_from(model: type[Model], *, named: Sequence[Named], columns: Mapping[str, Sql], rows: Sql) -> Sql:
    """`INSERT INTO model … WITH named … SELECT columns FROM rows`. Columns are by field name; `rows` follows FROM."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(model._meta.get_field(name).column)) for name in columns)
    selected_rows = select_from(named=named, columns=columns.values(), rows=rows)
    return Sql(f"INSERT INTO {table(model)} ({names})\n{selected_rows.text}", selected_rows.params)


def fetch(statement: Sql) -> list[tuple[Any, ...]]:
    """The rows of a SELECT."""
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.params)
        return list(cursor.fetchall())


def run(statement: Sql) -> int:
    """Execute a statement; the number of rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.params)
        return int(cursor.rowcount)
