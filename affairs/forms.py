"""Filter forms of items and routes."""

from __future__ import annotations

from typing import ClassVar

from changzhi_portal.pages.filters import FilterForm


class ItemFilterForm(FilterForm):
    """Form that always shows kind, way and state."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "kind", "mode", "state")
    search_hint: ClassVar[str] = "编码、名称、拼音"


class RouteFilterForm(FilterForm):
    """Form that always shows place, window and state."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "is_entered", "state")
    search_hint: ClassVar[str] = "事项、承办部门、实施编码"
