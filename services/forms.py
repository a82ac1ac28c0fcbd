"""Filter form of projects."""

from __future__ import annotations

from typing import ClassVar

from changzhi_portal.pages.filters import FilterForm


class ProjectFilterForm(FilterForm):
    """Form that always shows place, field and status."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "field", "status")
    search_hint: ClassVar[str] = "编号、名称、购买或承接主体、社区"
