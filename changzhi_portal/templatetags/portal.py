"""Template tags and filters that Django lacks."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from django import template

from changzhi_portal.display import display_number
from changzhi_portal.menu import MenuItem, menu_for
from changzhi_portal.records import BEGINNING

register = template.Library()


@register.filter
def quantity(value: Decimal | int | None) -> str:
    """Return a number with thousands separated and without trailing zeros: 12,345.5; a dash for None."""
    return display_number(value)


@register.simple_tag(takes_context=True)
def menu(context: template.Context) -> list[tuple[MenuItem, bool]]:
    """Return the user's menu entries, each with whether the page belongs to one of its sections."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    current = match.view_name if match is not None else ""
    return [(item, current.startswith(item.sections)) for item in menu_for(getattr(request, "user", None))]


@register.filter
def sort_direction(table: Any, column_name: str) -> str:
    """Return the `aria-sort` value of a table's column: ascending, descending or none."""
    return table.sorted_by.get(column_name, "none")


@register.filter
def since(day: datetime.date) -> str:
    """Return the first day of a fact as text; for an unknown first day, a text that says so."""
    return "建档时" if day <= BEGINNING else f"{day:%Y-%m-%d}"
