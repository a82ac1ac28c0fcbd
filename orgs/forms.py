"""Which filters of organizations are up front."""

from __future__ import annotations

from typing import ClassVar

from changzhi_portal.pages.filters import FilterForm


class OrganizationFilterForm(FilterForm):
    """Place, and the two columns that the targets speak of."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "registration", "active")
    search_hint: ClassVar[str] = "名称、信用代码或社区"
