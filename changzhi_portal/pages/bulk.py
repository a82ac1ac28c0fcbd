"""What a register's list offers for the rows whose boxes are ticked: setting one field of many records at once."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from changzhi_portal.registers.registry import register_named

MOST_AT_ONCE = 500  # records of one bulk edit, whose preview shows every one of them
_OF_THE_VIEW = ("page", "per_page", "sort")  # of a list's address, which say nothing of which rows match


class BulkEditing(NamedTuple):
    """The fields to choose from (name and header), where the boxes are sent, and how many records at most."""

    fields: tuple[tuple[str, str], ...]
    url: str
    most: int = MOST_AT_ONCE


def bulk_editing(request: HttpRequest, register: str) -> BulkEditing:
    """Return the bulk editing of a register's list; its address carries the list's filters."""
    fields = tuple((column.field, column.header) for column in register_named(register).bulk_columns())
    query = request.GET.copy()
    for name in _OF_THE_VIEW:
        query.pop(name, None)
    address = reverse("changelog:bulk", args=[register])
    return BulkEditing(fields, f"{address}?{query.urlencode()}" if query else address)
