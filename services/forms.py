"""Which filters of projects are up front."""

from __future__ import annotations

from typing import ClassVar

from changzhi_portal.pages.filters import FilterForm


class ProjectFilterForm(FilterForm):
    """Place, field and status."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "field", "status")
    search_hint: ClassVar[str] = "编号、名称、购买或承接主体、社区"
