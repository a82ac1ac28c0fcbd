"""A record's columns as text, as detail pages and the change log show them."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Field, Model

from changzhi_portal.display import display_value


class Fact(NamedTuple):
    """A column's label and its value as text, with a link if the value is a record that has a page."""

    label: str
    value: str
    url: str = ""


def fact_of(record: Model, name: str) -> Fact:
    """Return the fact of one field of a record, labelled with the field's `verbose_name`."""
    field = record._meta.get_field(name)
    if isinstance(field, Field) and field.choices:
        return Fact(str(field.verbose_name), display_value(getattr(record, f"get_{name}_display")()))
    return Fact(str(getattr(field, "verbose_name", name)), display_value(getattr(record, name)))
