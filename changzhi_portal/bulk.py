"""Writing of many rows at once (docs/architecture.md, decision 5): COPY on PostgreSQL, `bulk_create` on SQLite."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from typing import Any, TypeVar

from django.db import connections, models, router, transaction

from changzhi_portal.records import field_of

Row = TypeVar("Row", bound=models.Model)
# SQLite allows 250,000 variables per statement. Django splits by itself, so this only limits the memory.
BATCH_ROWS = 2_000


@contextmanager
def garbage_collection_disabled() -> Iterator[None]:
    """Disable Python's garbage collector while tens of thousands of rows are created and written.

    The rows have no reference cycles, so their memory is freed without the collector. Its repeated passes over all of
    them would take a quarter of the time of an upload.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def insert_rows(model: type[Row], rows: Sequence[Row]) -> None:
    """Insert new instances and set their primary keys. Foreign keys to instances that were saved before are filled in.

    Must run inside a transaction. Raises IntegrityError for a violated constraint, as usual; sends no model signals.
    """
    if not rows:
        return
    connection = connections[router.db_for_write(model)]
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("insert_rows must run inside a transaction.")
    _fill_foreign_keys(model, rows)
    if connection.vendor == "postgresql":
        _copy(connection, model, rows)
    else:
        model._base_manager.bulk_create(rows, batch_size=BATCH_ROWS)


def _fill_foreign_keys(model: type[Row], rows: Sequence[Row]) -> None:
    """Take over the keys of related instances that were saved after they were assigned."""
    for field in model._meta.concrete_fields:
        if field.is_relation:
            for row in rows:
                if getattr(row, field.attname) is None and (related := getattr(row, field.name, None)) is not None:
                    setattr(row, field.attname, related.pk)


def insert_values(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows given as plain database values (numbers, text, booleans; JSON as text), without model instances.

    Used for staged rows and change records, where creating a hundred thousand instances costs more than writing them.
    `names` are the model's fields in the order of the values. A field that is not named gets its default.
    """
    connection = connections[router.db_for_write(model)]
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("insert_values must run inside a transaction.")
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = ", ".join(quote(field_of(model, name).column or name) for name in names)
    marks = ", ".join(["%s"] * len(names))
    waiting = iter(rows)
    # Each slice is complete before its COPY begins: a value that queried the database during COPY would block.
    with connection.cursor() as cursor:
        while batch := list(islice(waiting, BATCH_ROWS)):
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in batch:
                        copy.write_row(row)
            else:
                cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", batch)  # noqa: S608 - own names


def update_rows(model: type[Row], rows: Sequence[Row], fields: Sequence[str]) -> None:
    """Write the named fields of existing, fully loaded instances in one upsert per batch, keyed by primary key."""
    if not rows or not fields:
        return
    model._base_manager.bulk_create(
        rows,
        batch_size=BATCH_ROWS,
        update_conflicts=True,
        update_fields=list(fields),
        unique_fields=[model._meta.pk.attname],
    )


def refresh_statistics(*tables: type[models.Model]) -> None:
    """Refresh PostgreSQL's planner statistics of the tables after a bulk load.

    Autovacuum does so within about a minute. Until then the planner takes the tables for empty, and a query that joins
    them can take minutes. Does nothing on SQLite.
    """
    connection = connections[router.db_for_write(tables[0])]
    if connection.vendor == "postgresql":
        names = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in tables)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {names}")


def blank_row(model: type[Row]) -> Row:
    """Return a new instance with every default set: a copy of a template, because `__init__` is slow for many rows."""
    prototype = _prototype(model)
    blank = model.__new__(model)
    blank.__dict__.update(prototype.__dict__)
    blank._state = type(prototype._state)()
    for name, make in _fresh_defaults(model):
        setattr(blank, name, make())
    return blank


@lru_cache
def _prototype(model: type[Row]) -> Row:
    return model()


@lru_cache
def _fresh_defaults(model: type[models.Model]) -> list[tuple[str, Any]]:
    """Return (attribute, default function) of the columns whose default is called for each row, such as `ref`."""
    return [(f.attname, f.default) for f in model._meta.concrete_fields if f.has_default() and callable(f.default)]


# Fields whose Python value psycopg writes without conversion.
_PLAIN = (
    models.AutoField, models.BigAutoField, models.BooleanField, models.CharField, models.DateField,
    models.DateTimeField, models.DecimalField, models.ForeignKey, models.IntegerField,
)  # fmt: skip


def _values_of(model: type[models.Model], connection: Any) -> Any:
    """Return a function from an instance to its column values. It skips the conversion of fields that do not need it."""
    columns = model._meta.concrete_fields
    plain = attrgetter(*(column.attname for column in columns))
    others = [
        (index, column)
        for index, column in enumerate(columns)
        if type(column) not in _PLAIN or getattr(column, "auto_now", False) or getattr(column, "auto_now_add", False)
    ]

    def values(row: models.Model) -> list[Any]:
        found = list(plain(row))
        for index, column in others:
            found[index] = column.get_db_prep_save(column.pre_save(row, add=True), connection)
        return found

    return values


def _copy(connection: Any, model: type[Row], rows: Sequence[Row]) -> None:
    """Insert the rows by COPY. Their primary keys are drawn from the table's sequence first, as COPY returns none."""
    columns = model._meta.concrete_fields
    primary_key = model._meta.pk
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    without_key = [row for row in rows if row.pk is None]
    with connection.cursor() as cursor:
        if without_key:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [table, primary_key.column, len(without_key)],
            )
            for row, (number,) in zip(without_key, cursor.fetchall(), strict=True):
                row.pk = number
        names = ", ".join(quote(column.column) for column in columns)
        values_of = _values_of(model, connection)
        # COPY bypasses Django's cursor, which would convert the driver's errors to Django's.
        with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(values_of(row))
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias


def in_batches(values: Sequence[Any], size: int = 5_000) -> Iterator[Sequence[Any]]:
    """Yield the values in slices of at most `size`, which keeps `IN (…)` lists within SQLite's limit."""
    return (values[start : start + size] for start in range(0, len(values), size))
