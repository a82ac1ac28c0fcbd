"""Filters of work items and assessments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import Q
from django.utils import timezone

from changzhi_portal.pages.filters import DayFilter
from changzhi_portal.scope import ScopedQuerySet, paths_above
from changzhi_portal.search import SearchText
from communities.filters import PlaceFilterSet
from communities.models import Division
from communities.search import of_communities
from workload.models import Assessment, WorkItem, WorkItemQuerySet
from workload.search import WorkItems

State = WorkItem.State
IN_HAND = (State.DRAFT, State.SUBMITTED, State.RETURNED)


class ItemFilterSet(PlaceFilterSet):
    """Filter by number, name, department, kind; without a state those in force today, and those that are approved and begin later."""

    source = WorkItems()
    kind = django_filters.ChoiceFilter(label="类别", choices=WorkItem.Kind.choices)
    listed_as = django_filters.ChoiceFilter(label="清单", choices=WorkItem.ListedAs.choices)
    state = django_filters.ChoiceFilter(
        label="状态",
        choices=[("all", "全部"), ("in_hand", "办理中"), *State.choices],
        method="by_state",
        empty_label="现在有效和将要开始",
    )
    applies_to = django_filters.ChoiceFilter(label="适用", choices=WorkItem.AppliesTo.choices)
    role = django_filters.ChoiceFilter(label="居（村）委会角色", choices=WorkItem.Role.choices)
    payment = django_filters.ChoiceFilter(label="拨付方式", choices=WorkItem.Payment.choices)
    on_day = django_filters.DateFilter(label="某日有效", method="by_day")
    started_from = DayFilter("起日从", "valid_from", "gte")
    started_to = DayFilter("起日至", "valid_from", "lte")

    class Meta:
        model = WorkItem
        fields = ()

    def by_state(self, queryset: ScopedQuerySet, name: str, value: str) -> ScopedQuerySet:
        """Filter by state, by those in hand, or by none."""
        if value == "all":
            return queryset
        return queryset.filter(state__in=IN_HAND) if value == "in_hand" else queryset.filter(state=value)

    def by_day(self, queryset: WorkItemQuerySet, name: str, value: Any) -> WorkItemQuerySet:
        """Filter for what was in force on a day."""
        return queryset.in_force_on(value)

    def filter_place(self, queryset: ScopedQuerySet, name: str, value: Division) -> ScopedQuerySet:
        """Filter for the items of a county or town, and those of the divisions above that apply there."""
        return queryset.filter(Q(WorkItem.in_subtree(value.path)) | Q(division__path__in=paths_above(value.path)))

    def filter_queryset(self, queryset: WorkItemQuerySet) -> WorkItemQuerySet:
        """Leave out what is neither in force today nor begins later, unless a state or a day is asked for."""
        asked = self.form.cleaned_data
        if not asked.get("state") and not asked.get("on_day"):
            queryset = queryset.standing_on(timezone.localdate())
        return super().filter_queryset(queryset)


class WaitingFilterSet(PlaceFilterSet):
    """Filter applications that wait."""

    source = WorkItems()
    kind = django_filters.ChoiceFilter(label="类别", choices=WorkItem.Kind.choices)

    class Meta:
        model = WorkItem
        fields = ()


class AssessmentFilterSet(PlaceFilterSet):
    """Filter by community and year."""

    year = django_filters.NumberFilter(label="年度", method="by_year", min_value=2017, max_value=2100)

    class Meta:
        model = Assessment
        fields = ()

    def by_year(self, queryset: ScopedQuerySet, name: str, value: Decimal) -> ScopedQuerySet:
        """Filter by the year of the assessment."""
        return queryset.filter(year=int(value))

    def search(self, text: str) -> Q:
        """Return the condition that the community matches every word."""
        words = SearchText.without_numbers(text).words
        found = Q()
        for word in words:
            found &= of_communities(word)
        return found if words else Q(pk__isnull=True)
