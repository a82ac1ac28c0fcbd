"""Filter forms of projects, of what is due, of the catalogue, reviews and payments."""

from __future__ import annotations

from typing import ClassVar

from changzhi_portal.pages.filters import FilterForm


class ProjectFilterForm(FilterForm):
    """Form that always shows place, field and status."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "field", "status")
    search_hint: ClassVar[str] = "编号、名称、购买或承接主体、社区"


class DueFilterForm(FilterForm):
    """Form that always shows place and stage."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "stage")
    search_hint: ClassVar[str] = "编号、名称、购买或承接主体、社区"


class CatalogueFilterForm(FilterForm):
    """Form that always shows place, field and whether organizations are preferred."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "field", "prefers_organizations")
    search_hint: ClassVar[str] = "清单编号、服务事项、目录代码"


class ReviewFilterForm(FilterForm):
    """Form that always shows place, kind and grade."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "kind", "grade")
    search_hint: ClassVar[str] = "项目编号、名称"


class PaymentFilterForm(FilterForm):
    """Form that always shows place, source and purpose."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "funding", "purpose")
    search_hint: ClassVar[str] = "凭证号、项目、社区"
