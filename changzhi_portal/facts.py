"""A record's columns as text, as detail pages and the change log show them."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Model

from changzhi_portal.display import display_value
from changzhi_portal.records import field_of


class Fact(NamedTuple):
    """A column's label and its value as text, with a link if the value is a record that has a page."""

    label: str
    value: str
    url: str = ""


def fact_of(record: Model, name: str) -> Fact:
    """Return the fact of one field of a record, labelled with the field's `verbose_name`."""
    field = field_of(type(record), name)
    value = getattr(record, f"get_{name}_display")() if field.choices else getattr(record, name)
    return Fact(str(field.verbose_name), display_value(value))
