"""Filters of social workers."""

from __future__ import annotations

import datetime
from typing import Any

import django_filters
from django.utils import timezone

from changzhi_portal.pages.filters import DayFilter, DayInput
from changzhi_portal.records import in_effect
from communities.filters import PlaceFilterSet
from communities.models import Division
from socialworkers.models import Posting, SocialWorker, SocialWorkerQuerySet
from socialworkers.search import Workers


class WorkerFilterSet(PlaceFilterSet):
    """Filter by name or certificate number, never by ID number, because the search text is part of the URL."""

    source = Workers()
    level = django_filters.ChoiceFilter(label="职业水平", choices=SocialWorker.Level.choices)
    professional = django_filters.ChoiceFilter(
        label="专业人才", choices=[("yes", "是"), ("no", "否")], method="by_profession"
    )
    posted = django_filters.ChoiceFilter(label="状态", choices=[("yes", "在岗"), ("no", "已离岗")], method="by_posting")
    community_worker = django_filters.ChoiceFilter(
        label="社区工作者", choices=[("yes", "是"), ("no", "否")], method="by_community_worker"
    )
    recruited_by = django_filters.ChoiceFilter(
        label="配备方式", choices=Posting.RecruitedBy.choices, field_name="newest__recruited_by"
    )

    on_day = django_filters.DateFilter(label="某日在岗", widget=DayInput(), method="by_day_at_post")
    started_from = DayFilter("到岗日期从", "newest__started_on", "gte")
    started_to = DayFilter("到岗日期至", "newest__started_on", "lte")

    class Meta:
        model = SocialWorker
        fields = ()

    def filter_place(self, queryset: Any, name: str, value: Division) -> Any:
        """Return the workers of a place; with 某日在岗 those who were at post there on the day."""
        day = self.form.cleaned_data.get("on_day")
        if day is None and value.valid_to is None:
            return super().filter_place(queryset, name, value)
        # What a closed place once had hangs at the posting, not at the worker.
        postings = Posting.objects.filter(is_newest=True) if day is None else Posting.objects.in_effect_on(day)
        there = super().filter_place(postings, name, value)
        return queryset.filter(pk__in=there.order_by().values("worker"))

    def by_profession(self, queryset: SocialWorkerQuerySet, name: str, value: str) -> SocialWorkerQuerySet:
        """Filter for 专业人才, or for all others."""
        professionals = SocialWorker.objects.professionals()
        return queryset.professionals() if value == "yes" else queryset.exclude(pk__in=professionals.values("pk"))

    def by_posting(self, queryset: SocialWorkerQuerySet, name: str, value: str) -> SocialWorkerQuerySet:
        """Filter for workers with a posting today, or without one."""
        at_post = in_effect(timezone.localdate(), "newest__started_on", "newest__ended_on")
        return queryset.filter(at_post if value == "yes" else ~at_post)

    def by_day_at_post(self, queryset: SocialWorkerQuerySet, name: str, value: datetime.date) -> SocialWorkerQuerySet:
        """Filter for workers with any posting on the day, the newest or an earlier one."""
        return queryset.filter(pk__in=Posting.objects.in_effect_on(value).order_by().values("worker"))

    def by_community_worker(self, queryset: SocialWorkerQuerySet, name: str, value: str) -> SocialWorkerQuerySet:
        """Filter for 社区工作者 by the newest posting, or for all others."""
        return queryset.filter(newest__is_community_worker=value == "yes")
