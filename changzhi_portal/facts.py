"""A record's columns in words, as detail pages and the change log show them."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Field, Model
from django.utils import timezone

DASH = "—"


class Fact(NamedTuple):
    """A column's name and value in words, with a link when the value is a record that has a page."""

    label: str
    value: str
    url: str = ""


def display_value(value: Any) -> str:
    """A value as people read it: 是/否, 2018-06-30, 1,200; a dash for nothing. Personal data show their mask."""
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
    """One column of a record; the label is the field's own name."""
    field = record._meta.get_field(name)
    if isinstance(field, Field) and field.choices:
        return Fact(str(field.verbose_name), display_value(getattr(record, f"get_{name}_display")()))
    return Fact(str(getattr(field, "verbose_name", name)), display_value(getattr(record, name)))
