"""Filters of social organizations."""

from __future__ import annotations

import django_filters
from django.utils import timezone

from changzhi_portal.pages.filters import DayFilter, InEffectFilter
from changzhi_portal.records import in_effect
from communities.filters import PlaceFilterSet
from orgs.models import SocialOrganization, SocialOrganizationQuerySet
from orgs.search import Organizations


class OrganizationFilterSet(PlaceFilterSet):
    """Filter by name, credit code, pinyin, or the community that the organization serves."""

    source = Organizations()
    registration = django_filters.ChoiceFilter(label="管理方式", choices=SocialOrganization.Registration.choices)
    category = django_filters.ChoiceFilter(label="类别", choices=SocialOrganization.Category.choices)
    active = django_filters.ChoiceFilter(
        label="状态", choices=[("yes", "在册"), ("no", "已注销")], method="by_activity"
    )
    legal_form = django_filters.ChoiceFilter(label="组织类型", choices=SocialOrganization.LegalForm.choices)
    agency = django_filters.ChoiceFilter(
        label="民办社工机构", choices=[("yes", "是"), ("no", "否")], method="by_agency"
    )
    hub_kind = django_filters.ChoiceFilter(label="枢纽型", choices=SocialOrganization.HubKind.choices)
    on_day = InEffectFilter("某日在册", *SocialOrganization.dated_by)
    established_from = DayFilter("成立日期从", "established_on", "gte")
    established_to = DayFilter("成立日期至", "established_on", "lte")

    class Meta:
        model = SocialOrganization
        fields = ()

    def by_activity(self, queryset: SocialOrganizationQuerySet, name: str, value: str) -> SocialOrganizationQuerySet:
        """Filter for active or for dissolved organizations, as of today."""
        active = in_effect(timezone.localdate(), *SocialOrganization.dated_by)
        return queryset.filter(active if value == "yes" else ~active)

    def by_agency(self, queryset: SocialOrganizationQuerySet, name: str, value: str) -> SocialOrganizationQuerySet:
        """Filter for social-work agencies, or for all others."""
        return queryset.agencies() if value == "yes" else queryset.filter(is_social_work_agency=False)
