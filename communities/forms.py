"""Forms of the filters of communities, facilities and monthly reports."""

from __future__ import annotations

from typing import ClassVar

from changzhi_portal.pages.filters import FilterForm


class CommunityFilterForm(FilterForm):
    """Filter form of communities; all filters are always visible."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "kind", "bodies", "status")
    search_hint: ClassVar[str] = "名称、代码或拼音首字母"


class FacilityFilterForm(FilterForm):
    """Filter form of facilities."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "kind", "function", "construction_mode", "in_use")
    search_hint: ClassVar[str] = "设施或社区名称"


class MonthlyReportFilterForm(FilterForm):
    """Filter form of monthly reports."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "month_from", "month_to")
    search_hint: ClassVar[str] = "社区名称或代码"
