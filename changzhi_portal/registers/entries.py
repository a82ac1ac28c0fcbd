"""What a register says of many records: their columns read as plain values, in one statement.

Objects would take twice the time, and are not needed to write a sheet or an answer of the API.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from changzhi_portal.personal import SealedField, place_of
from changzhi_portal.registers.columns import Column

# A stream on PostgreSQL fetches so many rows at a time.
ROWS_AT_ONCE = 2_000


def read_entries(
    records: QuerySet, columns: Mapping[str, Sequence[Column]], *also: str
) -> Iterator[tuple[int, dict[str, Any], Sequence[Any]]]:
    """Yield each record's key, its entry (`ref`, `version` and columns, by field), and the values of the lookups `also`.

    `columns` are those of the records' model by "", and of a related one by the lookup that leads there: "newest__". Personal
    values of the model are sealed, and know which record they belong to; a related model must have none.
    """
    named = {f"{prefix}{column.attribute}": column.field for prefix, own in columns.items() for column in own}
    fields = ["ref", "version", *named.values()]
    model = records.model
    sealed = [
        (column.field, column.attribute)
        for column in columns[""]
        if isinstance(model._meta.get_field(column.attribute), SealedField)
    ]
    rows = records.values_list("pk", "ref", "version", *named, *also)
    for key, *values in rows.iterator(chunk_size=ROWS_AT_ONCE):
        entry = dict(zip(fields, values, strict=False))
        for field, attribute in sealed:
            if (value := entry[field]) is not None:
                value.stands_at(place_of(model, attribute, entry["ref"]))
        yield key, entry, values[len(fields) :]
