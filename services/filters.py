"""Filters of purchased-service projects."""

from __future__ import annotations

import datetime
from decimal import Decimal

import django_filters

from changzhi_portal.pages.filters import DayFilter, DayInput
from changzhi_portal.scope import ScopedQuerySet
from communities.filters import PlaceFilterSet
from services.models import ServiceField, ServiceProject
from services.search import Projects


class ProjectFilterSet(PlaceFilterSet):
    """Filter by number, name, buyer, provider, or a community that the project serves."""

    source = Projects()
    field = django_filters.ChoiceFilter(label="服务领域", choices=ServiceField.choices)
    status = django_filters.ChoiceFilter(label="状态", choices=ServiceProject.Status.choices)
    beneficiaries = django_filters.ChoiceFilter(label="服务对象", choices=ServiceProject.Beneficiaries.choices)
    funding_source = django_filters.ChoiceFilter(label="资金来源", choices=ServiceProject.FundingSource.choices)
    purchase_method = django_filters.ChoiceFilter(label="购买方式", choices=ServiceProject.PurchaseMethod.choices)
    year = django_filters.NumberFilter(label="执行年度", method="by_year", min_value=1990, max_value=2100)

    on_day = django_filters.DateFilter(label="某日执行中", widget=DayInput(), method="by_day")
    started_from = DayFilter("开始日期从", "starts_on", "gte")
    started_to = DayFilter("开始日期至", "starts_on", "lte")

    class Meta:
        model = ServiceProject
        fields = ()

    def by_day(self, queryset: ScopedQuerySet, name: str, value: datetime.date) -> ScopedQuerySet:
        """Filter for projects that run on the day; 结束日期 is their last day."""
        return queryset.filter(starts_on__lte=value, ends_on__gte=value)

    def by_year(self, queryset: ScopedQuerySet, name: str, value: Decimal) -> ScopedQuerySet:
        """Filter for projects that run in the year."""
        return queryset.filter(starts_on__year__lte=int(value), ends_on__year__gte=int(value))
