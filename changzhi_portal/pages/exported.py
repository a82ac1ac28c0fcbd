"""What a list shows, as values: all rows of all its pages, in their order, with the columns chosen.

The app `exports` writes them into a file. A page that shows a list is an `ExportedPage`; `shown_at` finds the list of an
address for a user, in a request and in a worker alike, so that a file holds what the page shows.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from itertools import chain
from typing import Any, Final

import django_tables2 as tables
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.html import strip_tags
from django_tables2.columns import BoundColumn

from changzhi_portal.display import DASH
from changzhi_portal.pages.base import PortalPage, PortalRequest
from changzhi_portal.pages.cells import arguments_of, finder_of
from changzhi_portal.rights import Actor, has_right

# What a cell may hold: a text, a number, a day, a moment with its zone, whether something is so, or nothing.
Value = str | int | float | Decimal | bool | datetime.date | datetime.datetime | None
Find = Callable[[Any], Value]
_KEPT: Final = frozenset({int, float, Decimal, bool, datetime.date, type(None)})


@dataclass(frozen=True)
class ExportedColumn:
    """One column of a file: its stable English name, its header, and how a row's value is found."""

    key: str
    header: str
    find: Find


@dataclass(frozen=True)
class ShownList:
    """A list as one user sees it.

    `label` is what the trail calls it: for a register its title. `rows` holds at most `count` rows; a queryset is read in
    chunks.
    """

    title: str
    label: str
    columns: tuple[ExportedColumn, ...]
    rows: QuerySet | Sequence[Any]
    count: int


class ExportedPage(PortalPage):
    """A page that shows a list, all of which can be taken away as a file."""

    def shown_list(self) -> ShownList:
        """Return the list of the page's address, with all its rows."""
        raise NotImplementedError(f"{type(self).__name__} must say which list it shows.")

    def export_menu(self, count: int, *, query: str | None = None, register: str = "") -> dict[str, Any]:
        """Return the context of the menu 导出 (frame/export_menu.html) of a list with so many rows.

        `query` is that of the address by default, `register` one whose template the menu offers besides.
        """
        if query is None:
            asked = self.request.GET.copy()
            asked.pop("page", None)
            query = asked.urlencode(safe=",")
        return {
            "export_query": query,
            "export_count": count,
            "export_limit": settings.EXPORT_ROWS_AT_ONCE,
            "export_register": register,
        }


def shown_at(path: str, query: str, user: Actor) -> ShownList:
    """Return the list that a user sees at an address; `path` is that within the portal.

    Raises Http404 where there is no such list, and PermissionDenied for a user who may not open its page (any more).
    """
    return page_at(path, query, user).shown_list()


def page_at(path: str, query: str, user: Actor) -> ExportedPage:
    """Return the page of a list, set up as for a request of the user; raises as `shown_at`."""
    try:
        match = resolve(path)
    except Resolver404 as error:
        raise Http404(path) from error
    kind = getattr(match.func, "view_class", None)
    if not (isinstance(kind, type) and issubclass(kind, ExportedPage)):
        raise Http404(f"{path} shows no list.")
    if not (user.is_active and has_right(user, kind.requires)):
        raise PermissionDenied(f"“{user.role.label}”角色不能打开{kind.title or '这张表'}，所以不能导出。")
    request = PortalRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.GET = QueryDict(query)
    request.user, request.resolver_match = user, match
    page: ExportedPage = kind(**getattr(match.func, "view_initkwargs", {}))
    page.setup(request, *match.args, **match.kwargs)
    return page


# --- The columns of a table ---


def column(key: str, header: str, find: Callable[[Any], Any]) -> ExportedColumn:
    """Return a column of a list whose page has no table of django-tables2; `find` returns what the page shows."""
    return ExportedColumn(key, header, lambda row: plain(find(row)))


def columns_of(table: tables.Table) -> tuple[ExportedColumn, ...]:
    """Return the columns that a table shows, in their order; one that shows two values is two columns.

    As django-tables2 has it, a cell's value is that of `value_NAME` or `render_NAME` of the table, else of the column's
    `value`. HTML becomes its text, and a dash nothing.
    """
    return tuple(chain.from_iterable(_columns(column, table) for column in table.columns))


def _columns(bound: BoundColumn, table: Any) -> Iterator[ExportedColumn]:
    parts = getattr(bound.column, "exported_parts", None)
    header = plain(bound.header)
    if parts is None:
        yield ExportedColumn(bound.name, str(header), _value_finder(bound, table))
        return
    for key, suffix, accessor in parts(bound.accessor, bound.name):
        yield column(key, f"{header}{suffix}", finder_of(str(accessor), table.data.model))


def _value_finder(column: BoundColumn, table: Any) -> Find:
    find = finder_of(column.accessor, table.data.model)
    empty_values, empty = column.column.empty_values, plain(column.default)
    shown = column.value if column.value.__func__ is not tables.Column.value else column.render
    if shown.__func__ is tables.Column.render:
        return lambda record: empty if (value := find(record)) in empty_values else plain(value)
    wanted = arguments_of(shown.__func__)

    def value_of(record: Any) -> Value:
        value = find(record)
        if value in empty_values:
            return empty
        given = {"value": value, "record": record, "table": table, "column": column.column, "bound_column": column}
        return plain(shown(**{name: given[name] for name in wanted}))

    return value_of


def plain(value: Any) -> Value:
    """Return what a cell of a file holds of a value that a page shows: numbers and days as they are, all else as text."""
    kind = type(value)
    if kind is str:
        return None if value in {"", DASH} else value
    if kind in _KEPT:
        return value
    if kind is datetime.datetime:
        return timezone.localtime(value)
    text = str(value)
    if hasattr(value, "__html__"):
        text = " ".join(unescape(strip_tags(text)).split())
    return None if text in {"", DASH} else text
