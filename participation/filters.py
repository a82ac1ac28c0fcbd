"""Filters of surveys, of their counts, and of activities."""

from __future__ import annotations

import django_filters
from django.db.models import Q
from django.http import HttpRequest

from changzhi_portal.names import comparable
from changzhi_portal.pages.filters import DayFilter
from changzhi_portal.search import SearchText
from communities.filters import PlaceFilterSet
from communities.search import of_communities
from participation.models import Activity, ActivityQuerySet, Survey, SurveyCount, SurveyCountQuerySet, SurveyQuerySet
from participation.questions import ENOUGH_ANSWERS
from participation.search import Activities, Surveys


class SurveyFilterSet(PlaceFilterSet):
    """Filter by name, office, kind, state and days."""

    source = Surveys()
    kind = django_filters.ChoiceFilter(label="类别", choices=Survey.Kind.choices)
    state = django_filters.ChoiceFilter(label="状态", choices=Survey.State.choices)
    method = django_filters.ChoiceFilter(label="方式", choices=Survey.Method.choices)
    ends_from = DayFilter("截止日期从", "ends_on", "gte")
    ends_to = DayFilter("截止日期至", "ends_on", "lte")

    class Meta:
        model = Survey
        fields = ()


def survey_choices(request: HttpRequest | None) -> SurveyQuerySet:
    """Return the surveys to choose from: those that the user may see, the newest first."""
    return Survey.objects.visible_to(getattr(request, "user", None)).order_by("-ends_on", "-pk")


class SurveyCountFilterSet(PlaceFilterSet):
    """Filter by community, survey, question, and whether there are enough answers."""

    survey = django_filters.ModelChoiceFilter(label="调查", queryset=survey_choices, to_field_name="ref")
    question = django_filters.CharFilter(label="题目", lookup_expr="icontains")
    kind = django_filters.ChoiceFilter(label="类别", choices=Survey.Kind.choices, field_name="survey__kind")
    state = django_filters.ChoiceFilter(label="状态", choices=Survey.State.choices, field_name="survey__state")
    answers = django_filters.ChoiceFilter(
        label="样本", choices=[("enough", "足够"), ("few", "样本不足")], method="filter_answers"
    )

    class Meta:
        model = SurveyCount
        fields = ()

    def search(self, text: str) -> Q:
        """Find counts by survey, question or community; every word must match."""
        found = Q()
        for word in SearchText.without_numbers(text).words:
            named = Q(survey__name__icontains=word.text) | Q(question__icontains=word.text)
            found &= named | of_communities(word)
        return found

    def filter_answers(self, queryset: SurveyCountQuerySet, name: str, value: str) -> SurveyCountQuerySet:
        """Filter the counts of satisfaction surveys by whether they have enough valid answers."""
        judged = queryset.filter(survey__kind=Survey.Kind.SATISFACTION).with_answers()
        return (
            judged.filter(valid__gte=ENOUGH_ANSWERS) if value == "enough" else judged.filter(valid__lt=ENOUGH_ANSWERS)
        )


class ActivityFilterSet(PlaceFilterSet):
    """Filter by title, organization or community, kind and days."""

    source = Activities()
    kind = django_filters.ChoiceFilter(label="活动类型", choices=Activity.Kind.choices)
    organization = django_filters.CharFilter(label="开展组织", method="by_organization")
    project = django_filters.CharFilter(label="项目编号", field_name="project__number", lookup_expr="iexact")
    by = django_filters.ChoiceFilter(
        label="由谁开展", choices=[("organization", "社会组织"), ("others", "其他")], method="by_holder"
    )
    held_from = DayFilter("活动日期从", "held_on", "gte")
    held_to = DayFilter("活动日期至", "held_on", "lte")

    class Meta:
        model = Activity
        fields = ()

    def by_organization(self, queryset: ActivityQuerySet, name: str, value: str) -> ActivityQuerySet:
        """Filter by a part of the organization's name, or by its 记录编号."""
        of_name = Q(organization__name_key__contains=comparable(value)) | Q(organization__ref=value)
        return queryset.filter(of_name | Q(organization__merged_into__ref=value))

    def by_holder(self, queryset: ActivityQuerySet, name: str, value: str) -> ActivityQuerySet:
        """Filter for the activities of registered organizations, or for all others."""
        return queryset.filter(organization__isnull=value == "others")
