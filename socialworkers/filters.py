"""Filters of social workers, trainings, hours and posts."""

from __future__ import annotations

import datetime
from typing import Any

import django_filters
from django.db.models import Q
from django.utils import timezone

from changzhi_portal.pages.filters import DayFilter, DayInput, RegisterFilterSet
from changzhi_portal.records import in_effect
from changzhi_portal.search import SearchText
from communities.filters import PlaceFilter, PlaceFilterSet, county_choices
from communities.models import Division
from socialworkers.models import Posting, SocialWorker, SocialWorkerQuerySet, Training, TrainingRecord
from socialworkers.search import Trainings, Workers, of_hours


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

    registration = django_filters.ChoiceFilter(
        label="证书登记",
        choices=[("renew", "登记将到期"), ("lapsed", "登记已过期"), ("valid", "登记有效"), ("none", "没有填有效期")],
        method="by_registration",
    )
    hours = django_filters.ChoiceFilter(
        label="继续教育学时", choices=[("short", "学时不足"), ("enough", "达到进度")], method="by_hours"
    )
    registered_from = DayFilter("登记有效期从", "registered_until", "gte")
    registered_to = DayFilter("登记有效期至", "registered_until", "lte")

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

    def by_registration(self, queryset: SocialWorkerQuerySet, name: str, value: str) -> SocialWorkerQuerySet:
        """Filter by the registration of the certificate today; "none" selects holders whose registration is not known."""
        today = timezone.localdate()
        if value == "renew":
            return queryset.to_renew_on(today)
        if value == "lapsed":
            return queryset.lapsed_on(today)
        if value == "valid":
            return queryset.registered().filter(registered_until__gte=today)
        return queryset.exclude(level=SocialWorker.Level.NONE).filter(registered_until__isnull=True)

    def by_hours(self, queryset: SocialWorkerQuerySet, name: str, value: str) -> SocialWorkerQuerySet:
        """Filter the registered by whether they have the hours that the days gone ask for."""
        return queryset.on_course(timezone.localdate(), holds=value == "enough")


class TrainingFilterSet(PlaceFilterSet):
    """Filters of trainings."""

    source = Trainings()
    kind = django_filters.ChoiceFilter(label="培训类型", choices=Training.Kind.choices)
    ends_from = DayFilter("结束日期从", "ends_on", "gte")
    ends_to = DayFilter("结束日期至", "ends_on", "lte")

    class Meta:
        model = Training
        fields = ()


class TrainingRecordFilterSet(PlaceFilterSet):
    """Filters of hours: of one training, of one worker, by kind and days of the training."""

    training = django_filters.CharFilter(label="培训编号", field_name="training__number", lookup_expr="exact")
    worker = django_filters.CharFilter(label="人员的记录编号", field_name="worker__ref", lookup_expr="exact")
    kind = django_filters.ChoiceFilter(label="培训类型", choices=Training.Kind.choices, field_name="training__kind")
    ends_from = DayFilter("结束日期从", "training__ends_on", "gte")
    ends_to = DayFilter("结束日期至", "training__ends_on", "lte")

    class Meta:
        model = TrainingRecord
        fields = ()

    def search(self, text: str) -> Q:
        """Find hours by the worker's name, or number and name of the training; every word must match."""
        found = Q()
        for word in SearchText.without_numbers(text).words:
            found &= of_hours(word)
        return found

    def filter_place(self, queryset: Any, name: str, value: Division) -> Any:
        """Return the hours of the workers whose newest posting is at a place."""
        there = super().filter_place(Posting.objects.filter(is_newest=True), name, value)
        return queryset.filter(worker__in=there.order_by().values("worker"))


class PostFilterSet(RegisterFilterSet):
    """Filters of towns that set posts."""

    county = PlaceFilter(
        label="县（市、区）", queryset=county_choices, to_field_name="code", method="by_county", empty_label="全部"
    )
    vacant = django_filters.ChoiceFilter(label="空岗", choices=[("yes", "有"), ("no", "没有")], method="by_vacancy")

    class Meta:
        model = Division
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        division = getattr(getattr(self.request, "user", None), "division", None)
        if division is not None and division.level != Division.Level.CITY and "county" not in self.data:
            del self.filters["county"]

    def search(self, text: str) -> Q:
        """Find towns by their name."""
        found = Q()
        for word in SearchText.without_numbers(text).words:
            found &= Q(name__contains=word.text)
        return found

    def by_county(self, queryset: Any, name: str, value: Division) -> Any:
        """Filter for the towns of a county."""
        return queryset.filter(Division.in_subtree(value.path))

    def by_vacancy(self, queryset: Any, name: str, value: str) -> Any:
        """Filter for the towns with vacant posts, or without."""
        return queryset.filter(posts_vacant__gt=0) if value == "yes" else queryset.filter(posts_vacant=0)
