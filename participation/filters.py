"""Filters of surveys and of their counts."""

from __future__ import annotations

import django_filters
from django.db.models import Q
from django.http import HttpRequest

from changzhi_portal.pages.filters import DayFilter
from changzhi_portal.search import SearchText
from communities.filters import PlaceFilterSet
from communities.search import of_communities
from participation.models import Survey, SurveyCount, SurveyCountQuerySet, SurveyQuerySet
from participation.questions import ENOUGH_ANSWERS
from participation.search import Surveys


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
