"""A list as a resource of django-import-export, made from the one declaration that its page has (ADR 0031).

The library's hooks run as in its own `Resource.export`; what differs is that rows are yielded one by one, where the library
collects them in a tablib dataset, and that values keep their types, where its widgets make text of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.db.models import QuerySet
from import_export.fields import Field
from import_export.resources import Resource

from changzhi_portal.pages.exported import ExportedColumn, ShownList, Value

CHUNK = 2_000  # rows read at once


class ColumnField(Field):
    """A column of a list. Its value keeps its type: which text a file shows of it, the format decides."""

    def __init__(self, column: ExportedColumn) -> None:
        super().__init__(attribute=column.key, column_name=column.header, readonly=True)
        self.get_value = column.find

    def export(self, instance: Any, **kwargs: Any) -> Value:
        """Return the value of the column in a row."""
        return self.get_value(instance)


class ListResource(Resource):
    """Base of the resources that `resource_of` makes."""

    class Meta:
        chunk_size = CHUNK

    shown: ClassVar[ShownList]

    def get_queryset(self) -> Any:
        """Return the rows of the list."""
        return self.shown.rows

    def iter_queryset(self, queryset: Any) -> Iterator[Any]:
        """Yield the rows; of a queryset with prefetched relations in chunks too, which the library would page by OFFSET."""
        if isinstance(queryset, QuerySet):
            return queryset.iterator(chunk_size=self.get_chunk_size())
        return iter(queryset)

    def stream(self, rows: Any = None) -> Iterator[list[Value]]:
        """Yield the values of one row after another.

        `rows` are those of the list by default. Does what `Resource.export` does, but holds no more than a chunk; the fields
        are looked up once, and not once a row.
        """
        self.before_export(rows)
        rows = self.filter_export(self.get_queryset() if rows is None else rows)
        values = [field.export for field in self.get_export_fields()]
        for record in self.iter_queryset(rows):
            yield [value(record) for value in values]
        self.after_export(rows, None)

    @property
    def keys(self) -> list[str]:
        """Return the stable English names of the columns."""
        return [field.attribute for field in self.get_export_fields()]


def resource_of(shown: ShownList) -> ListResource:
    """Return the resource of a list, with a field for each of its columns."""
    fields = {column.key: ColumnField(column) for column in shown.columns}
    kind: Any = type(ListResource)  # the library's metaclass, which takes the fields out
    resource: ListResource = kind("ShownListResource", (ListResource,), {**fields, "shown": shown})()
    return resource
