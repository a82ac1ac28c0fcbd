"""Filters and columns that an app adds to the list of another app's records, declared in `<app>/lists.py`.

The list of communities says whether they reach the targets, while `communities` does not import `targets`.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import ClassVar

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet

from changzhi_portal.discovery import classes_in
from changzhi_portal.pages.base import PortalRequest


class ListExtension:
    """What an app adds to one list, for one request."""

    list_name: ClassVar[str]

    def __init__(self, request: PortalRequest) -> None:
        self.request = request

    def filters(self) -> dict[str, django_filters.Filter]:
        """Return filters by name; their `method` is a function of (queryset, name, value)."""
        return {}

    def columns(self) -> dict[str, tables.Column]:
        """Return columns by name, which are shown when they are chosen."""
        return {}

    def shown_columns(self) -> tuple[str, ...]:
        """Return those of its columns that are shown without being chosen, because a filter is about them."""
        return ()

    def annotate(self, rows: QuerySet, columns: Collection[str]) -> QuerySet:
        """Return the rows with what these of its columns show."""
        return rows


@cache
def _extensions(list_name: str) -> tuple[type[ListExtension], ...]:
    return tuple(kind for kind in classes_in("lists", ListExtension) if kind.list_name == list_name)


def extensions_of(list_name: str, request: PortalRequest) -> list[ListExtension]:
    """Return what the apps add to a list."""
    return [kind(request) for kind in _extensions(list_name)]
