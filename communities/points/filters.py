"""Filters of service points, and their form."""

from __future__ import annotations

from typing import ClassVar

import django_filters
from django.utils import timezone

from changzhi_portal.pages.filters import DayFilter, FilterForm, InEffectFilter
from changzhi_portal.records import in_effect
from communities.filters import PlaceFilterSet
from communities.models import ServicePoint
from communities.models.point import ServicePointQuerySet
from communities.search import ServicePoints


class PointFilterForm(FilterForm):
    """Filter form of service points."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "function", "in_use")
    search_hint: ClassVar[str] = "站点或社区名称"


class PointFilterSet(PlaceFilterSet):
    """Filters of service points."""

    source = ServicePoints()
    function = django_filters.ChoiceFilter(label="功能", choices=ServicePoint.Function.choices, method="by_function")
    in_use = django_filters.ChoiceFilter(label="状态", choices=[("yes", "在用"), ("no", "已停用")], method="by_use")
    accepts_all = django_filters.ChoiceFilter(
        label="全科受理", choices=[("yes", "是"), ("no", "否"), ("none", "没有填")], method="by_acceptance"
    )
    level = django_filters.ChoiceFilter(
        label="设在", choices=[("community", "社区"), ("town", "街道（乡镇）")], method="by_level"
    )
    on_day = InEffectFilter("某日在用", *ServicePoint.dated_by)
    opened_from = DayFilter("启用日期从", "opened_on", "gte")
    opened_to = DayFilter("启用日期至", "opened_on", "lte")

    class Meta:
        model = ServicePoint
        fields = ()

    def by_function(self, queryset: ServicePointQuerySet, name: str, value: str) -> ServicePointQuerySet:
        """Filter by one of the functions."""
        return queryset.with_function(value)

    def by_use(self, queryset: ServicePointQuerySet, name: str, value: str) -> ServicePointQuerySet:
        """Filter points that are in use today ("yes"), or closed or not opened yet ("no")."""
        in_use = in_effect(timezone.localdate(), *ServicePoint.dated_by)
        return queryset.filter(in_use if value == "yes" else ~in_use)

    def by_acceptance(self, queryset: ServicePointQuerySet, name: str, value: str) -> ServicePointQuerySet:
        """Filter by whether every counter accepts every matter; "none" selects what is not known."""
        return queryset.filter(accepts_all={"yes": True, "no": False}.get(value))

    def by_level(self, queryset: ServicePointQuerySet, name: str, value: str) -> ServicePointQuerySet:
        """Filter for points of communities or of towns."""
        return queryset.filter(community__isnull=value == "town")
