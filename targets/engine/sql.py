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
class CommonTable:
    """A common table expression: `name` (its columns) AS (`body`), computed once a statement."""

    name: str
    columns: Sequence[str]
    body: Sql


def compile_queryset(queryset: QuerySet[Any, Any]) -> Sql:
    """Return the SELECT of a queryset of `values()`; its columns have the names given there."""
    text, params = queryset.query.get_compiler(connection=connection).as_sql()
    return Sql(text, tuple(params))


def quote_name(name: str) -> str:
    """Return the name of a table or column, quoted."""
    return connection.ops.quote_name(name)


def table_name(model: type[Model]) -> str:
    """Return the quoted name of a model's table."""
    return quote_name(model._meta.db_table)


def union_all(*parts: Sql) -> Sql:
    """Return the rows of all parts."""
    return Sql("\nUNION ALL\n".join(part.text for part in parts), tuple(chain(*(part.params for part in parts))))


def select_columns(columns: Sequence[str], rows: Sql) -> Sql:
    """Return the named columns of `rows`, in this order; that of a compiled queryset is chosen by Django."""
    return Sql(f"SELECT {', '.join(columns)} FROM ({rows.text}) AS rows_of_it", rows.params)  # noqa: S608


def create_temp_tables(*named: CommonTable) -> None:
    """Put tables that several statements need into temporary tables of the same names, one after the other.

    Each may use those before it, and is looked up by its first column. PostgreSQL is told how large they are, or it
    would plan for a handful of rows; SQLite is given an index, or it would read the whole table for every row that is
    joined to it.
    """
    with connection.cursor() as cursor:
        for part in named:
            text = f"CREATE TEMPORARY TABLE {part.name} AS\n{_alone(part)}"
            cursor.execute(text, part.body.params)
            if connection.vendor == "postgresql":
                cursor.execute(f"ANALYZE {part.name}")
            elif connection.vendor == "sqlite":
                cursor.execute(f"CREATE INDEX temp.key_of_{part.name} ON {part.name} ({part.columns[0]})")


def _alone(part: CommonTable) -> str:
    columns = ", ".join(part.columns)
    return f"WITH RECURSIVE {part.name} ({columns}) AS (\n{part.body.text}\n)\nSELECT {columns} FROM {part.name}"


def drop_temp_tables(*names: str) -> None:
    """Remove temporary tables; a transaction that is rolled back removes them by itself."""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TABLE {name}")


def select_from(*, named: Sequence[CommonTable], columns: Iterable[Sql], rows: Sql) -> Sql:
    """`WITH named … SELECT columns FROM rows`; `rows` follows FROM."""
    columns = tuple(columns)
    values = ",\n  ".join(column.text for column in columns)
    expressions = ",\n".join(
        f"{part.name} ({', '.join(part.columns)}) AS MATERIALIZED (\n{part.body.text}\n)" for part in named
    )
    beginning = f"WITH RECURSIVE {expressions}\n" if named else ""
    return Sql(
        f"{beginning}SELECT\n  {values}\nFROM {rows.text}",
        (
            *chain(*(part.body.params for part in named)),
            *chain(*(column.params for column in columns)),
            *rows.params,
        ),
    )


# No function of PostgreSQL takes more than 100 arguments; SQLite's default is not lower.
_PAIRS_A_CALL = 50


def json_object(values: Mapping[str, Sql]) -> Sql:
    """Return a JSON object of named values, its keys sorted; those that are NULL are left out.

    The names are ours, and plain identifiers.
    """
    named = sorted(values.items())
    pairs = [f"'{name}', {value.text}" for name, value in named]
    calls = [", ".join(pairs[start : start + _PAIRS_A_CALL]) for start in range(0, len(pairs), _PAIRS_A_CALL)]
    if connection.vendor == "postgresql":
        stripped = [f"jsonb_strip_nulls(jsonb_build_object({arguments}))" for arguments in calls]
        text = " || ".join(stripped) or "CAST('{}' AS jsonb)"
    else:
        text = "'{}'"
        for arguments in calls:
            # Patching leaves out what the patch sets to null.
            text = f"json_patch({text}, json_object({arguments}))"
    return Sql(text, tuple(chain(*(value.params for _, value in named))))


def replace_month_rows(
    model: type[Model], period_id: int, *, key: str, columns: Mapping[str, Sql], source: Sql
) -> None:
    """Make a month's rows those that `SELECT columns FROM source` gives, one for each value of the fields in `key`.

    A row that is right already is not touched, so that computing again costs neither indexes nor foreign keys anything
    and leaves the same rows. `columns` are by field name and without the period.
    """
    names = [_column(model, name) for name in columns]
    if not model._default_manager.filter(period_id=period_id).exists():
        named = [
            Sql(f"{value.text} AS {name}", value.params) for name, value in zip(names, columns.values(), strict=True)
        ]
        rows = select_from(named=(), columns=named, rows=source)
        execute(_insertion(model, names, period_id, Sql(f"({rows.text}) AS wanted", rows.params)))
        return
    keys = [_column(model, name) for name in key.split()]
    wanted = select_from(named=(), columns=columns.values(), rows=source)
    _replace_what_differs(model, period_id, keys, names, wanted)


def _replace_what_differs(
    model: type[Model], period_id: int, keys: Sequence[str], names: Sequence[str], wanted: Sql
) -> None:
    scratch = f"wanted_{model._meta.model_name}"
    create_temp_tables(CommonTable(scratch, names, wanted))
    # SQLite calls IS what standard SQL calls IS NOT DISTINCT FROM: equal, or both NULL.
    same = "IS NOT DISTINCT FROM" if connection.vendor == "postgresql" else "IS"
    # Not the key alone: what should be there twice is inserted, and refused by the table, as it must be.
    is_right = " AND ".join(f"wanted.{name} {'=' if name in keys else same} there.{name}" for name in names)
    execute(
        Sql(
            f"DELETE FROM {table_name(model)} AS there WHERE there.period_id = %s AND NOT EXISTS (\n"  # noqa: S608
            f"SELECT 1 FROM {scratch} AS wanted WHERE {is_right})",
            (period_id,),
        )
    )
    missing = Sql(
        f"{scratch} AS wanted WHERE NOT EXISTS (\n"
        f"SELECT 1 FROM {table_name(model)} AS there WHERE there.period_id = %s AND {is_right})",
        (period_id,),
    )
    execute(_insertion(model, names, period_id, missing))
    drop_temp_tables(scratch)


def _insertion(model: type[Model], names: Sequence[str], period_id: int, rows: Sql) -> Sql:
    listed = ", ".join(names)
    return Sql(
        f"INSERT INTO {table_name(model)} (period_id, {listed})\nSELECT %s, {listed} FROM {rows.text}",
        (period_id, *rows.params),
    )


def _column(model: type[Model], name: str) -> str:
    return connection.ops.quote_name(str(model._meta.get_field(name).column))


def fetch_all(statement: Sql) -> list[tuple[Any, ...]]:
    """Return the rows of a SELECT."""
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.params)
        return list(cursor.fetchall())


def execute(statement: Sql) -> int:
    """Execute a statement; the number of rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.params)
        return int(cursor.rowcount)
