"""Plans and their targets in the API, the same for everybody."""

from __future__ import annotations

from typing import ClassVar

import django_filters
from django.db.models import Q, QuerySet
from rest_framework import serializers

from changzhi_portal.api.endpoints import RowsEndpoint
from changzhi_portal.pages.filters import RegisterFilterSet
from targets.models import Target, TargetPlan


class PlanFilterSet(RegisterFilterSet):
    """Filters of plans, every version of each."""

    code = django_filters.CharFilter(label="方案代码")
    is_current = django_filters.ChoiceFilter(
        label="现行版本", choices=[("true", "是"), ("false", "否")], method="of_state"
    )

    class Meta:
        model = TargetPlan
        fields = ()

    def of_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Filter for the versions in force, or for the others."""
        return queryset.filter(is_current=value == "true")

    def search(self, text: str) -> Q:
        """Find plans by title or document."""
        return Q(title__contains=text) | Q(document__contains=text)


class PlanSerializer(serializers.ModelSerializer):
    """What is said of a version of a plan."""

    class Meta:
        model = TargetPlan
        fields = ("code", "version", "is_current", "title", "document", "starts_on", "ends_on", "made_at", "reason")


class Plans(RowsEndpoint):
    """目标方案, each in its versions."""

    slug = "plans"
    title = "目标方案"
    requires = "may_see_figures"
    queryset = TargetPlan.objects.all()
    filterset = PlanFilterSet
    serializer_class = PlanSerializer
    sorts: ClassVar[dict[str, str]] = {"code": "code", "starts_on": "starts_on"}
    is_scoped = False


class TargetFilterSet(RegisterFilterSet):
    """Filters of targets by their plan."""

    plan = django_filters.CharFilter(label="方案代码", field_name="plan__code")
    version = django_filters.NumberFilter(label="方案版本", field_name="plan__version")
    level = django_filters.ChoiceFilter(label="测评单位", choices=Target.Level.choices)

    class Meta:
        model = Target
        fields = ()

    def search(self, text: str) -> Q:
        """Find targets by name or clause."""
        return Q(name__contains=text) | Q(short_name__contains=text) | Q(clause__contains=text)


class TargetSerializer(serializers.ModelSerializer):
    """What is said of a target of a version of a plan."""

    plan = serializers.CharField(source="plan.code", label="方案代码")
    version = serializers.IntegerField(source="plan.version", label="方案版本")

    class Meta:
        model = Target
        fields = (
            *("plan", "version", "code", "position", "short_name", "name", "clause", "quotation", "level", "kind"),
            *("minimum_population", "urban_districts_only", "indicator", "counting_rule", "per", "aggregate"),
            *("at_least", "at_most", "coverage_at_least", "unit", "is_scored"),
        )


class Targets(RowsEndpoint):
    """目标 of every version of the plans."""

    slug = "targets"
    title = "目标"
    requires = "may_see_figures"
    queryset = Target.objects.all()
    filterset = TargetFilterSet
    serializer_class = TargetSerializer
    sorts: ClassVar[dict[str, str]] = {"position": "position"}
    is_scoped = False
