"""The cells of a table as HTML.

django-tables2 asks for every cell anew how its column finds, shows and links the value. Here a column is asked once a
page, and a cell is what is left: finding the value, showing and escaping it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from html import escape
from operator import methodcaller
from typing import Any

from django.db import models
from django.utils.html import format_html
from django_tables2.columns import BoundColumn
from django_tables2.utils import A, signature

Find = Callable[[Any], Any]


def cell_maker(column: BoundColumn, table: Any) -> Callable[[Any], str]:
    """Return the function that makes a column's cell of a record, `<td>` included. Attributes of cells are constants.

    A column's `render` may take `value`, `record` and `table`; its link is the record's own page, a function of the
    record, or the arguments of `reverse`.
    """
    opening = format_html('<td {} data-label="{}">', column.attrs["td"].as_html(), column.header)
    find = finder_of(column.accessor, table.data.model)
    empty_values, empty = column.column.empty_values, f"{opening}{_escaped(column.default)}</td>"
    render, wanted = column.render, arguments_of(column.render.__func__)
    address = _address_finder(column)

    def cell(record: Any) -> str:
        value = find(record)
        if value in empty_values:
            return empty
        given = {"value": value, "record": record, "table": table}
        content = _escaped(render(**{name: given[name] for name in wanted}))
        url = address(record) if address is not None else None
        if url is not None:
            content = f'<a href="{escape(url)}">{content}</a>'
        return f"{opening}{content}</td>"

    return cell


def _escaped(content: Any) -> str:
    """Do what Django's `conditional_escape` does, without asking twice whether a text is translated only when shown."""
    return str(content.__html__()) if hasattr(content, "__html__") else escape(str(content))


@lru_cache(maxsize=500)
def arguments_of(render: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of what a column's `render` or `value` (as it stands in its class) takes, apart from `self`."""
    return tuple(name for name in signature(render)[0] if name != "self")


@lru_cache(maxsize=500)
def finder_of(accessor: str, model: type[models.Model]) -> Find:
    """Return the function that finds a value by its accessor, of a field with choices its label; None on a way that ends."""
    *way, last = accessor.split(A.SEPARATOR)
    last = last.removeprefix("get_").removesuffix("_display")
    field = A(A.SEPARATOR.join([*way, last])).get_field(model)
    labels = dict(getattr(field, "flatchoices", None) or ())
    steps = (*way, last) if labels else tuple(accessor.split(A.SEPARATOR))

    def find(record: Any) -> Any:
        value = record
        for step in steps:
            value = getattr(value, step, None)
            if callable(value):
                value = value()
        return labels.get(value, value) if labels else value

    return find


def _address_finder(column: BoundColumn) -> Find | None:
    link = column.link
    if link is None:
        return None
    if link.url is not None:
        return link.url
    return link.call_reverse if link.reverse_args else methodcaller("get_absolute_url")
