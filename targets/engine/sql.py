"""SQL statements built from compiled querysets.

`Sql.text` contains only SQL of querysets and names of the portal's own tables and columns; values go into `params`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet

from changzhi_portal.records import field_of


@dataclass(frozen=True)
class Sql:
    """A piece of SQL with the values of its %s, in their order."""

    text: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True)
class CommonTable:
    """A common table expression, `name (columns) AS MATERIALIZED (body)`."""

    name: str
    columns: Sequence[str]
    body: Sql


def compile_queryset(queryset: QuerySet[Any, Any]) -> Sql:
    """Return the SELECT of a queryset with `values()`; its columns have the names given there."""
    text, params = queryset.query.get_compiler(connection=connection).as_sql()
    return Sql(text, tuple(params))


def quote_name(name: str) -> str:
    """Return the name of a table or column, quoted."""
    return connection.ops.quote_name(name)


def table_name(model: type[Model]) -> str:
    """Return the quoted name of a model's table."""
    return quote_name(model._meta.db_table)


def union_all(*parts: Sql) -> Sql:
    """Return the UNION ALL of some queries."""
    return Sql("\nUNION ALL\n".join(part.text for part in parts), tuple(chain(*(part.params for part in parts))))


def select_columns(columns: Sequence[str], rows: Sql) -> Sql:
    """Return a SELECT of the named columns of `rows` in this order; Django may order those of a queryset differently."""
    return Sql(f"SELECT {', '.join(columns)} FROM ({rows.text}) AS rows_of_it", rows.params)  # noqa: S608


def create_temp_tables(*named: CommonTable) -> None:
    """Create temporary tables from common tables, with the same names, in order; each may use those before it.

    On PostgreSQL the tables are analyzed, since the planner assumes few rows otherwise. On SQLite the first column is
    indexed, since joins would scan the whole table for every row otherwise.
    """
    with connection.cursor() as cursor:
        for part in named:
            text = f"CREATE TEMPORARY TABLE {part.name} AS\n{_select_all(part)}"
            cursor.execute(text, part.body.params)
            if connection.vendor == "postgresql":
                cursor.execute(f"ANALYZE {part.name}")
            elif connection.vendor == "sqlite":
                cursor.execute(f"CREATE INDEX temp.key_of_{part.name} ON {part.name} ({part.columns[0]})")


def _select_all(part: CommonTable) -> str:
    columns = ", ".join(part.columns)
    return f"WITH RECURSIVE {part.name} ({columns}) AS (\n{part.body.text}\n)\nSELECT {columns} FROM {part.name}"


def drop_temp_tables(*names: str) -> None:
    """Drop temporary tables; a rollback of the transaction drops them too."""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TABLE {name}")


def select_from(*, named: Sequence[CommonTable], columns: Iterable[Sql], rows: Sql) -> Sql:
    """Return `WITH named … SELECT columns FROM rows`."""
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


# PostgreSQL functions take at most 100 arguments; SQLite's default limit is not lower.
_PAIRS_PER_CALL = 50


def json_object(values: Mapping[str, Sql]) -> Sql:
    """Return a JSON object of named values with sorted keys, without values that are NULL.

    The names must be plain identifiers: they are not escaped.
    """
    named = sorted(values.items())
    pairs = [f"'{name}', {value.text}" for name, value in named]
    calls = [", ".join(pairs[start : start + _PAIRS_PER_CALL]) for start in range(0, len(pairs), _PAIRS_PER_CALL)]
    if connection.vendor == "postgresql":
        stripped = [f"jsonb_strip_nulls(jsonb_build_object({arguments}))" for arguments in calls]
        text = " || ".join(stripped) or "CAST('{}' AS jsonb)"
    else:
        text = "'{}'"
        for arguments in calls:
            # json_patch removes keys that are null in the patch.
            text = f"json_patch({text}, json_object({arguments}))"
    return Sql(text, tuple(chain(*(value.params for _, value in named))))


def replace_month_rows(model: type[Model], period_id: int, *, key: str, columns: Mapping[str, Sql], source: Sql) -> int:
    """Replace a month's rows by those of `SELECT columns FROM source`; return how many rows were written or removed.

    Rows that are equal already are not touched, so that computing again neither updates indexes nor checks foreign keys.
    `columns` are SQL expressions by field name, without the period. `key` names the fields that identify a row,
    separated by blanks.
    """
    names = [_column(model, name) for name in columns]
    if not model._default_manager.filter(period_id=period_id).exists():
        named = [
            Sql(f"{value.text} AS {name}", value.params) for name, value in zip(names, columns.values(), strict=True)
        ]
        rows = select_from(named=(), columns=named, rows=source)
        return execute(_insertion(model, names, period_id, Sql(f"({rows.text}) AS computed", rows.params)))
    keys = [_column(model, name) for name in key.split()]
    computed = select_from(named=(), columns=columns.values(), rows=source)
    return _replace_what_differs(model, period_id, keys, names, computed)


def _replace_what_differs(
    model: type[Model], period_id: int, keys: Sequence[str], names: Sequence[str], computed: Sql
) -> int:
    scratch = f"computed_{model._meta.model_name}"
    create_temp_tables(CommonTable(scratch, names, computed))
    # SQLite's IS is standard SQL's IS NOT DISTINCT FROM: equal, or both NULL.
    same = "IS NOT DISTINCT FROM" if connection.vendor == "postgresql" else "IS"
    # All columns, not the key alone: a second row for a key is inserted and refused by the unique constraint.
    is_equal = " AND ".join(f"computed.{name} {'=' if name in keys else same} stored.{name}" for name in names)
    removed = execute(
        Sql(
            f"DELETE FROM {table_name(model)} AS stored WHERE stored.period_id = %s AND NOT EXISTS (\n"  # noqa: S608
            f"SELECT 1 FROM {scratch} AS computed WHERE {is_equal})",
            (period_id,),
        )
    )
    missing = Sql(
        f"{scratch} AS computed WHERE NOT EXISTS (\n"
        f"SELECT 1 FROM {table_name(model)} AS stored WHERE stored.period_id = %s AND {is_equal})",
        (period_id,),
    )
    written = execute(_insertion(model, names, period_id, missing))
    drop_temp_tables(scratch)
    return removed + written


def _insertion(model: type[Model], names: Sequence[str], period_id: int, rows: Sql) -> Sql:
    listed = ", ".join(names)
    return Sql(
        f"INSERT INTO {table_name(model)} (period_id, {listed})\nSELECT %s, {listed} FROM {rows.text}",
        (period_id, *rows.params),
    )


def _column(model: type[Model], name: str) -> str:
    return connection.ops.quote_name(str(field_of(model, name).column))


def fetch_all(statement: Sql) -> list[tuple[Any, ...]]:
    """Execute a SELECT and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.params)
        return list(cursor.fetchall())


def execute(statement: Sql) -> int:
    """Execute a statement and return the number of rows written."""
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.params)
        return int(cursor.rowcount)
