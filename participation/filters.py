"""Filters of surveys, of their counts, of consultations and activities."""

from __future__ import annotations

import django_filters
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone

from changzhi_portal.names import comparable
from changzhi_portal.pages.filters import DayFilter
from changzhi_portal.scope import scope_path_of
from changzhi_portal.search import SearchText
from communities.filters import PlaceFilterSet
from communities.search import of_communities
from orgs.models import SocialOrganization
from participation.models import (
    Activity,
    ActivityQuerySet,
    Consultation,
    ConsultationOrganization,
    ConsultationQuerySet,
    Survey,
    SurveyCount,
    SurveyCountQuerySet,
    SurveyQuerySet,
)
from participation.questions import ENOUGH_ANSWERS
from participation.search import Activities, Consultations, Surveys


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


class ConsultationFilterSet(PlaceFilterSet):
    """Filter by topic or community, form, category, outcome, how far the agreement is, organizations and days."""

    source = Consultations()
    progress = django_filters.ChoiceFilter(
        label="办理",
        choices=[("pending", "已达成未办结"), ("overdue", "逾期"), ("done", "已办结")],
        method="by_progress",
    )
    form_of = django_filters.ChoiceFilter(label="协商形式", choices=Consultation.Form.choices, field_name="form")
    category = django_filters.ChoiceFilter(label="议题类别", choices=Consultation.Category.choices)
    outcome = django_filters.ChoiceFilter(label="协商结果", choices=Consultation.Outcome.choices)
    organization = django_filters.CharFilter(label="参加的社会组织", method="by_organization")
    voice = django_filters.ChoiceFilter(
        label="社会组织", choices=[("yes", "有社会组织参加"), ("no", "没有社会组织参加")], method="by_voice"
    )
    held_from = DayFilter("协商日期从", "held_on", "gte")
    held_to = DayFilter("协商日期至", "held_on", "lte")
    due_from = DayFilter("办理期限从", "due_on", "gte")
    due_to = DayFilter("办理期限至", "due_on", "lte")

    class Meta:
        model = Consultation
        fields = ()

    def by_progress(self, queryset: ConsultationQuerySet, name: str, value: str) -> ConsultationQuerySet:
        """Filter by how far the agreement is today."""
        if value == "overdue":
            return queryset.overdue_on(timezone.localdate())
        return queryset.pending() if value == "pending" else queryset.filter(done_on__isnull=False)

    def by_organization(self, queryset: ConsultationQuerySet, name: str, value: str) -> ConsultationQuerySet:
        """Filter by a part of an organization's name, or by its 记录编号: of those that the user may know of."""
        named = Q(name_key__contains=comparable(value)) | Q(ref=value) | Q(merged_into__ref=value)
        area = scope_path_of(getattr(self.request, "user", None))
        known = SocialOrganization.with_merged.known_in(area).filter(named).order_by().values("pk")
        links = ConsultationOrganization.objects.filter(consultation=OuterRef("pk"), organization__in=known)
        return queryset.filter(Exists(links.order_by()))

    def by_voice(self, queryset: ConsultationQuerySet, name: str, value: str) -> ConsultationQuerySet:
        """Filter by whether an organization took part."""
        return queryset.with_voice().filter(has_voice=int(value == "yes"))
