"""Filters of purchased-service projects."""

from __future__ import annotations

from decimal import Decimal

import django_filters
from django.db.models import Exists, OuterRef, Q

from changzhi_portal.scope import ScopedQuerySet
from communities.filters import PlaceFilterSet, community_matches
from communities.models import Community
from services.models import ProjectCommunity, ServiceField, ServiceProject


class ProjectFilterSet(PlaceFilterSet):
    """Filter by number, name, buyer, provider, or a community that the project serves."""

    field = django_filters.ChoiceFilter(label="服务领域", choices=ServiceField.choices)
    status = django_filters.ChoiceFilter(label="状态", choices=ServiceProject.Status.choices)
    beneficiaries = django_filters.ChoiceFilter(label="服务对象", choices=ServiceProject.Beneficiaries.choices)
    funding_source = django_filters.ChoiceFilter(label="资金来源", choices=ServiceProject.FundingSource.choices)
    purchase_method = django_filters.ChoiceFilter(label="购买方式", choices=ServiceProject.PurchaseMethod.choices)
    year = django_filters.NumberFilter(label="执行年度", method="by_year", min_value=1990, max_value=2100)

    class Meta:
        model = ServiceProject
        fields = ()

    def search(self, text: str) -> Q:
        """Return the condition for number, name, buyer, provider and communities (a subquery, to repeat no project)."""
        served = ProjectCommunity.objects.filter(
            project=OuterRef("pk"), community__in=Community.objects.filter(community_matches(text))
        )
        return (
            Q(number__icontains=text)
            | Q(name__contains=text)
            | Q(buyer__contains=text)
            | Q(provider_name__contains=text)
            | Q(Exists(served))
        )

    def by_year(self, queryset: ScopedQuerySet, name: str, value: Decimal) -> ScopedQuerySet:
        """Filter for projects that run in the year."""
        return queryset.filter(starts_on__year__lte=int(value), ends_on__year__gte=int(value))
