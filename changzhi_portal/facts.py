"""A record's columns as text, as detail pages and the change log show them."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Field, Model
from django.utils import timezone

DASH = "—"


class Fact(NamedTuple):
    """A column's label and its value as text, with a link if the value is a record that has a page."""

    label: str
    value: str
    url: str = ""


def in_words(value: Any) -> str:
    """Return a value as text: 是/否, 2018-06-30, 1,200; a dash for None and "". Personal data are masked."""
    if value is None or value == "":
        return DASH
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, datetime.date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    return str(value)


def fact_of(record: Model, name: str) -> Fact:
    """Return one column of a record as a Fact; the label is the field's verbose name."""
    field = record._meta.get_field(name)
    if isinstance(field, Field) and field.choices:
        return Fact(str(field.verbose_name), in_words(getattr(record, f"get_{name}_display")()))
    return Fact(str(getattr(field, "verbose_name", name)), in_words(getattr(record, name)))
