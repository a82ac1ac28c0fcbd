"""Which filters of communities and facilities are up front."""

from __future__ import annotations

from typing import ClassVar

from changzhi_portal.pages.filters import FilterForm


class CommunityFilterForm(FilterForm):
    """All of them: there are few."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "kind", "standing")
    search_hint: ClassVar[str] = "名称、代码或拼音首字母"


class FacilityFilterForm(FilterForm):
    """Place and type first."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "kind", "in_use")
    search_hint: ClassVar[str] = "设施或社区名称"
