"""Filter form of organizations."""

from __future__ import annotations

from typing import ClassVar

from changzhi_portal.pages.filters import FilterForm


class OrganizationFilterForm(FilterForm):
    """Form that always shows place and the two columns that targets use."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "registration", "active")
    search_hint: ClassVar[str] = "名称、信用代码或社区"
