"""Filters of projects, of what is due, of the catalogue, reviews and payments."""

from __future__ import annotations

import datetime
from decimal import Decimal

import django_filters
from django.db.models import Q, QuerySet

from changzhi_portal.pages.filters import DayFilter, DayInput, InEffectFilter
from changzhi_portal.scope import ScopedQuerySet
from changzhi_portal.search import SearchText
from communities.filters import PlaceFilterSet
from services.models import CatalogueItem, Payment, Review, ServiceField, ServiceProject, ServiceProjectQuerySet
from services.models.reviews import grade_of_column, settled_grade
from services.search import Catalogue, Payments, Projects
from services.stages import STAGES


class ProjectFilterSet(PlaceFilterSet):
    """Filter by number, name, buyer, provider, or a community that the project serves."""

    source = Projects()
    field = django_filters.ChoiceFilter(label="服务领域", choices=ServiceField.choices)
    status = django_filters.ChoiceFilter(label="状态", choices=ServiceProject.Status.choices)
    beneficiaries = django_filters.ChoiceFilter(label="服务对象", choices=ServiceProject.Beneficiaries.choices)
    funding_source = django_filters.ChoiceFilter(label="资金来源", choices=ServiceProject.FundingSource.choices)
    purchase_method = django_filters.ChoiceFilter(label="购买方式", choices=ServiceProject.PurchaseMethod.choices)
    grade = django_filters.ChoiceFilter(label="绩效等级", choices=ServiceProject.Grade.choices, method="by_grade")
    provider = django_filters.ChoiceFilter(
        label="承接主体类型",
        choices=[("organization", "登记的社会组织"), ("other", "其他")],
        method="by_provider",
    )
    year = django_filters.NumberFilter(label="执行年度", method="by_year", min_value=1990, max_value=2100)

    on_day = django_filters.DateFilter(label="某日执行中", widget=DayInput(), method="by_day")
    started_from = DayFilter("开始日期从", "starts_on", "gte")
    started_to = DayFilter("开始日期至", "starts_on", "lte")

    class Meta:
        model = ServiceProject
        fields = ()

    def by_day(self, queryset: ScopedQuerySet, name: str, value: datetime.date) -> ScopedQuerySet:
        """Filter for projects that run on the day; 结束日期 is their last day."""
        return queryset.filter(starts_on__lte=value, ends_on__gte=value)

    def by_grade(self, queryset: ScopedQuerySet, name: str, value: str) -> ScopedQuerySet:
        """Filter by the grade of the newest final review; without one by what the project's own sheet says."""
        graded = queryset.annotate(settled=settled_grade())
        return graded.filter(Q(settled=value) | Q(settled__isnull=True, grade=value))

    def by_provider(self, queryset: ServiceProjectQuerySet, name: str, value: str) -> ScopedQuerySet:
        """Filter by whether an organization of the register provides the project."""
        return queryset.by_organizations() if value == "organization" else queryset.by_others()

    def by_year(self, queryset: ScopedQuerySet, name: str, value: Decimal) -> ScopedQuerySet:
        """Filter for projects that run in the year."""
        return queryset.filter(starts_on__year__lte=int(value), ends_on__year__gte=int(value))


class DueFilterSet(PlaceFilterSet):
    """Filter what is due by project and stage."""

    source = Projects()
    stage = django_filters.ChoiceFilter(
        label="待办", choices=[(stage.code, stage.label) for stage in STAGES], field_name="stage"
    )
    field = django_filters.ChoiceFilter(label="服务领域", choices=ServiceField.choices)

    class Meta:
        model = ServiceProject
        fields = ()


class CatalogueFilterSet(PlaceFilterSet):
    """Filter by number and name, field, whether organizations are preferred, and a day."""

    source = Catalogue()
    field = django_filters.ChoiceFilter(label="服务领域", choices=ServiceField.choices)
    prefers_organizations = django_filters.ChoiceFilter(
        label="优先社会组织", choices=[("yes", "是"), ("no", "否")], method="by_preference"
    )
    on_day = InEffectFilter(start="valid_from", end="valid_to", label="某日有效")
    started_from = DayFilter("起日从", "valid_from", "gte")
    started_to = DayFilter("起日至", "valid_from", "lte")

    class Meta:
        model = CatalogueItem
        fields = ()

    def by_preference(self, queryset: ScopedQuerySet, name: str, value: str) -> ScopedQuerySet:
        """Filter by whether organizations are preferred."""
        return queryset.filter(prefers_organizations=value == "yes")


class ReviewFilterSet(PlaceFilterSet):
    """Filter by project, kind, grade, who has reviewed, and days."""

    kind = django_filters.ChoiceFilter(label="评估类型", choices=Review.Kind.choices)
    grade = django_filters.ChoiceFilter(label="等级", choices=ServiceProject.Grade.choices, method="by_grade")
    reviewer = django_filters.ChoiceFilter(label="评估方", choices=Review.Reviewer.choices)
    reviewed_from = DayFilter("评估日期从", "reviewed_on", "gte")
    reviewed_to = DayFilter("评估日期至", "reviewed_on", "lte")

    class Meta:
        model = Review
        fields = ()

    def search(self, text: str) -> Q:
        """Find reviews by their project: every word must match its number or name."""
        words = SearchText.without_numbers(text).words
        found = Q()
        for word in words:
            found &= Q(project__number__icontains=word.text) | Q(project__name__icontains=word.text)
        return found if words else Q(pk__isnull=True)

    def by_grade(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Filter by the grade of the score."""
        return queryset.annotate(given=grade_of_column("score")).filter(given=value)


class PaymentFilterSet(PlaceFilterSet):
    """Filter by voucher, project or community, source, purpose, payer, and days."""

    source = Payments()
    funding = django_filters.ChoiceFilter(
        label="资金来源", choices=ServiceProject.FundingSource.choices, field_name="source"
    )
    purpose = django_filters.ChoiceFilter(label="用途", choices=Payment.Purpose.choices)
    payer = django_filters.ChoiceFilter(label="出资方", choices=Payment.Payer.choices)
    project = django_filters.ChoiceFilter(
        label="项目", choices=[("yes", "有项目"), ("no", "没有项目")], method="by_project"
    )
    paid_from = DayFilter("支付日期从", "paid_on", "gte")
    paid_to = DayFilter("支付日期至", "paid_on", "lte")

    class Meta:
        model = Payment
        fields = ()

    def by_project(self, queryset: ScopedQuerySet, name: str, value: str) -> ScopedQuerySet:
        """Filter by whether the payment is for a project."""
        return queryset.filter(project__isnull=value == "no")
