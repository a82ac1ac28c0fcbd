"""Filters of items and routes."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q
from django.utils import timezone

from affairs.models import Item, ItemQuerySet, ItemRoute, ItemRouteQuerySet, ItemVersion
from affairs.search import Items
from changzhi_portal.pages.filters import RegisterFilterSet
from changzhi_portal.scope import ScopedQuerySet, paths_above
from changzhi_portal.search import SearchText
from communities.filters import PlaceFilterSet
from communities.models import Division

State = Item.State


class ItemFilterSet(RegisterFilterSet):
    """Filter by code, name, kind, audience, way and reach; without a state those that are not cancelled."""

    source = Items()
    kind = django_filters.ChoiceFilter(label="类型", choices=Item.Kind.choices)
    audience = django_filters.ChoiceFilter(label="服务对象", choices=Item.Audience.choices)
    mode = django_filters.ChoiceFilter(label="办件类型", choices=ItemVersion.Mode.choices, method="by_version")
    reach = django_filters.ChoiceFilter(label="通办范围", choices=ItemVersion.Reach.choices, method="by_version")
    state = django_filters.ChoiceFilter(
        label="状态", choices=[("all", "全部"), *State.choices], method="by_state", empty_label="在用和暂停"
    )
    on_day = django_filters.DateFilter(label="某日在用", method="by_day")

    class Meta:
        model = Item
        fields = ()

    def by_version(self, queryset: ItemQuerySet, name: str, value: str) -> ItemQuerySet:
        """Filter by a column of the version that holds today."""
        holding = ItemVersion.objects.in_effect_on(timezone.localdate()).filter(**{name: value})
        return queryset.filter(pk__in=holding.order_by().values("item"))

    def by_state(self, queryset: ItemQuerySet, name: str, value: str) -> ItemQuerySet:
        """Filter by state, or by none."""
        return queryset if value == "all" else queryset.filter(state=value)

    def by_day(self, queryset: ItemQuerySet, name: str, value: Any) -> ItemQuerySet:
        """Filter for what may be handed in on a day."""
        return queryset.in_use_on(value)

    def filter_queryset(self, queryset: ItemQuerySet) -> ItemQuerySet:
        """Leave out what is cancelled, unless a state is asked for."""
        if not self.form.cleaned_data.get("state"):
            queryset = queryset.exclude(state=State.CANCELLED)
        found: ItemQuerySet = super().filter_queryset(queryset)
        return found


class RouteFilterSet(PlaceFilterSet):
    """Filter by item, place and window; without a state those that are not cancelled and have not ended."""

    is_entered = django_filters.BooleanFilter(label="进驻综合窗口")
    state = django_filters.ChoiceFilter(
        label="状态",
        choices=[("all", "全部"), *ItemRoute.State.choices],
        method="by_state",
        empty_label="在用和暂停",
    )
    on_day = django_filters.DateFilter(label="某日在用", method="by_day")

    class Meta:
        model = ItemRoute
        fields = ()

    def search(self, text: str) -> Q:
        """Return the condition that every word matches code, name or pinyin of the item, or the department."""
        found = Q()
        words = SearchText.without_numbers(text).words
        for word in words:
            named = Q(item__code__icontains=word.text) | Q(item__name__icontains=word.text)
            named |= Q(department__name__contains=word.text) | Q(implementation_code__startswith=word.text)
            found &= named | word.is_read_as("item__readings")
        return found if words else Q(pk__isnull=True)

    def by_state(self, queryset: ItemRouteQuerySet, name: str, value: str) -> ItemRouteQuerySet:
        """Filter by state, or by none."""
        return queryset if value == "all" else queryset.filter(state=value)

    def by_day(self, queryset: ItemRouteQuerySet, name: str, value: Any) -> ItemRouteQuerySet:
        """Filter for the routes that take cases on a day."""
        return queryset.in_use_on(value)

    def filter_place(self, queryset: ScopedQuerySet, name: str, value: Division) -> ScopedQuerySet:
        """Filter for the routes of a county or town, and those of the divisions above that handle what comes from there."""
        return queryset.filter(Q(ItemRoute.in_subtree(value.path)) | Q(division__path__in=paths_above(value.path)))

    def filter_queryset(self, queryset: ItemRouteQuerySet) -> ItemRouteQuerySet:
        """Leave out what is cancelled or has ended, unless a state or a day is asked for."""
        asked = self.form.cleaned_data
        if not asked.get("state") and not asked.get("on_day"):
            ended = Q(valid_to__lte=timezone.localdate())
            queryset = queryset.exclude(state=ItemRoute.State.CANCELLED).exclude(ended)
        found: ItemRouteQuerySet = super().filter_queryset(queryset)
        return found
