"""Filters of social organizations, their filings and what supports them."""

from __future__ import annotations

import django_filters
from django.db.models import Q
from django.utils import timezone

from changzhi_portal.pages.filters import DayFilter, InEffectFilter
from changzhi_portal.records import in_effect
from changzhi_portal.search import SearchText
from communities.filters import PlaceFilterSet
from communities.search import of_communities
from orgs.models import (
    OPEN,
    Filing,
    FilingQuerySet,
    SocialOrganization,
    SocialOrganizationQuerySet,
    Support,
    SupportQuerySet,
)
from orgs.search import Filings, Organizations


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
    credit_status = django_filters.ChoiceFilter(
        label="信用状况", choices=[*SocialOrganization.CreditStatus.choices, ("none", "没有填")], method="by_credit"
    )
    filed = django_filters.ChoiceFilter(label="备案号", choices=[("yes", "有"), ("no", "没有")], method="by_number")
    filed_from = DayFilter("备案日期从", "filed_on", "gte")
    filed_to = DayFilter("备案日期至", "filed_on", "lte")
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

    def by_credit(self, queryset: SocialOrganizationQuerySet, name: str, value: str) -> SocialOrganizationQuerySet:
        """Filter by credit status; "none" selects what is not known."""
        return queryset.filter(credit_status="" if value == "none" else value)

    def by_number(self, queryset: SocialOrganizationQuerySet, name: str, value: str) -> SocialOrganizationQuerySet:
        """Filter for organizations with a 备案号, or for all others."""
        return queryset.exclude(filing_number="") if value == "yes" else queryset.filter(filing_number="")


class FilingFilterSet(PlaceFilterSet):
    """Filter by name, number, community, kind; without a state those that wait or were returned."""

    source = Filings()
    kind = django_filters.ChoiceFilter(label="事项", choices=Filing.Kind.choices)
    state = django_filters.ChoiceFilter(
        label="状态", choices=[("all", "全部"), *Filing.State.choices], method="by_state", empty_label="在办"
    )
    category = django_filters.ChoiceFilter(label="类别", choices=SocialOrganization.Category.choices)
    submitted_from = DayFilter("收件日期从", "submitted_on", "gte")
    submitted_to = DayFilter("收件日期至", "submitted_on", "lte")
    decided_from = DayFilter("办结日期从", "decided_on", "gte")
    decided_to = DayFilter("办结日期至", "decided_on", "lte")

    class Meta:
        model = Filing
        fields = ()

    def by_state(self, queryset: FilingQuerySet, name: str, value: str) -> FilingQuerySet:
        """Filter by state, or by none."""
        return queryset if value == "all" else queryset.filter(state=value)

    def filter_queryset(self, queryset: FilingQuerySet) -> FilingQuerySet:
        """Leave out what is decided unless a state or a day of decision is asked for."""
        asked = self.form.cleaned_data
        if not any(asked.get(name) for name in ("state", "decided_from", "decided_to")):
            queryset = queryset.filter(state__in=OPEN)
        return super().filter_queryset(queryset)


class SupportFilterSet(PlaceFilterSet):
    """Filter by organization or community, kind and days."""

    kind = django_filters.ChoiceFilter(label="扶持方式", choices=Support.Kind.choices)
    active = django_filters.ChoiceFilter(
        label="状态", choices=[("yes", "在扶持"), ("no", "已终止")], method="by_activity"
    )
    from_day = DayFilter("起始日期从", "valid_from", "gte")
    to_day = DayFilter("起始日期至", "valid_from", "lte")

    class Meta:
        model = Support
        fields = ()

    def by_activity(self, queryset: SupportQuerySet, name: str, value: str) -> SupportQuerySet:
        """Filter for support that goes on today, or has ended or not begun."""
        active = in_effect(timezone.localdate(), *Support.dated_by)
        return queryset.filter(active if value == "yes" else ~active)

    def search(self, text: str) -> Q:
        """Find support by its organization or the organization's community; every word must match."""
        found = Q()
        for word in SearchText.without_numbers(text).words:
            named = Q(organization__name_key__contains=word.key) | word.has_code("organization__credit_code")
            found &= named | of_communities(word, "organization__community")
        return found
