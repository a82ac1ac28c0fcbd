"""Filters of social organizations."""

from __future__ import annotations

import django_filters
from django.db.models import Q
from django.utils import timezone

from changzhi_portal.names import comparable
from changzhi_portal.pages.filters import pinyin_pattern
from changzhi_portal.records import in_effect
from communities.filters import PlaceFilterSet, community_matches
from orgs.models import SocialOrganization, SocialOrganizationQuerySet


class OrganizationFilterSet(PlaceFilterSet):
    """Filter by name, credit code, pinyin, or the community that the organization serves."""

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

    class Meta:
        model = SocialOrganization
        fields = ()

    def search(self, text: str) -> Q:
        """Return the condition for name, pinyin or credit code of the organization, and name or code of its community."""
        condition = Q(name_key__contains=comparable(text)) | Q(credit_code__startswith=text.upper())
        if pattern := pinyin_pattern(text):
            condition |= Q(sort_key__regex=pattern)
        return condition | community_matches(text, "community")

    def by_activity(self, queryset: SocialOrganizationQuerySet, name: str, value: str) -> SocialOrganizationQuerySet:
        """Filter for active or for dissolved organizations, as of today."""
        active = in_effect(timezone.localdate(), *SocialOrganization.dated_by)
        return queryset.filter(active if value == "yes" else ~active)

    def by_agency(self, queryset: SocialOrganizationQuerySet, name: str, value: str) -> SocialOrganizationQuerySet:
        """Filter for social-work agencies, or for all others."""
        return queryset.agencies() if value == "yes" else queryset.filter(is_social_work_agency=False)
