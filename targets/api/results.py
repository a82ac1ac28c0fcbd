"""Results in the API: the measured units of city, counties and towns against the targets, month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import django_filters
from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request

from changzhi_portal.api.endpoints import ComputedEndpoint, RowsEndpoint
from changzhi_portal.api.expansions import Expansions
from changzhi_portal.api.fields import MonthField
from changzhi_portal.pages.filters import RegisterFilterSet
from changzhi_portal.refusals import NotFoundError
from changzhi_portal.search import SearchText
from communities.api import DivisionSerializer
from communities.models import Division
from communities.search import Divisions
from periods.api import MonthFilter
from periods.models import ReportingPeriod, parse_month
from targets.api.plans import TargetSerializer
from targets.current_boundaries import results_in_current_boundaries
from targets.judgement import Verdict
from targets.models import TargetResult


class MonthlyResultFilterSet(RegisterFilterSet):
    """Filters of results: month, division and target by their codes."""

    period = MonthFilter()
    division = django_filters.CharFilter(label="区划代码", field_name="division__code")
    level = django_filters.ChoiceFilter(label="区划级别", choices=Division.Level.choices, field_name="division__level")
    plan = django_filters.CharFilter(label="方案代码", field_name="target__plan__code")
    target = django_filters.CharFilter(label="目标代码", field_name="target__code")

    class Meta:
        model = TargetResult
        fields = ()

    def search(self, text: str) -> Q:
        """Find the results of divisions by name, code or pinyin."""
        found = Division.objects.filter(Divisions().matching(SearchText.without_numbers(text)))
        return Q(division__in=found.values("pk"))


class ResultSerializer(serializers.ModelSerializer):
    """The result of one division for one target in one month (docs/domain.md §5)."""

    period = MonthField(source="period.month", label="统计月")
    state = serializers.ChoiceField(
        source="period.state", choices=ReportingPeriod.State.choices, label="统计月的状态", help_text="锁定后不再改变"
    )
    plan = serializers.CharField(source="target.plan.code", label="方案代码")
    target = serializers.CharField(source="target.code", label="目标代码")
    title = serializers.CharField(source="target.name", label="目标")
    division = serializers.CharField(source="division.code", label="区划代码")
    division_name = serializers.CharField(source="division.name", label="区划")
    level = serializers.ChoiceField(source="division.level", choices=Division.Level.choices, label="区划级别")
    verdict = serializers.ChoiceField(choices=Verdict.choices, allow_null=True, label="总体判定")

    class Meta:
        model = TargetResult
        fields = (
            *("period", "state", "plan", "target", "title", "division", "division_name", "level"),
            *("judged", "met", "over", "unmet", "not_applicable", "unknown", "rate", "gap", "value", "verdict"),
        )


class Results(RowsEndpoint):
    """目标结果 of city, counties and towns as they were in the month."""

    slug = "results"
    title = "目标结果"
    requires = "may_see_figures"
    queryset = TargetResult.objects.all()
    filterset = MonthlyResultFilterSet
    serializer_class = ResultSerializer
    expands: ClassVar[Expansions] = {
        "division": ("division", DivisionSerializer),
        "target": ("target", TargetSerializer),
    }
    sorts: ClassVar[dict[str, str]] = {"period": "period__month", "division": "division__code", "rate": "rate"}


class ResultOfTodayFilterSet(RegisterFilterSet):
    """What is asked of results for today's divisions: one month, and perhaps a level, a division and a target."""

    q = None
    period = MonthFilter(required=True)
    level = django_filters.ChoiceFilter(label="区划级别", choices=Division.Level.choices)
    division = django_filters.CharFilter(label="区划代码")
    target = django_filters.CharFilter(label="目标代码")

    class Meta:
        model = TargetResult
        fields = ()


class ResultsOfToday(ComputedEndpoint):
    """目标结果 of a month for the divisions of today (按现行区划; docs/domain.md §3)."""

    slug = "results-of-today"
    title = "目标结果（按现行区划）"
    requires = "may_see_figures"
    filterset = ResultOfTodayFilterSet
    serializer_class = ResultSerializer

    def rows(self, request: Request, asked: Mapping[str, Any]) -> Sequence[TargetResult]:
        """See ComputedEndpoint.rows. Raises NotFoundError for a month that the calendar does not have."""
        period = month_named(asked["period"])
        levels = [asked["level"]] if asked["level"] else Division.Level.values
        found = results_in_current_boundaries(period, user=request.user, levels=levels)
        return [
            result
            for result in found
            if asked["division"] in ("", result.division.code) and asked["target"] in ("", result.target.code)
        ]


def month_named(text: str) -> ReportingPeriod:
    """Return the month that is written 2018-06. Raises NotFoundError for one that the calendar does not have."""
    period = ReportingPeriod.objects.filter(month=parse_month(text)).first()
    if period is None:
        raise NotFoundError(f"没有{text}这个统计月。", cure=f"The calendar does not have {text}.", field="period")
    return period
