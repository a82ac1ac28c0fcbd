"""Results in the API: the measured units of city, counties and towns against the targets, month by month."""

from __future__ import annotations

from typing import ClassVar

import django_filters
from django.core.validators import RegexValidator
from django.db.models import Q, QuerySet
from rest_framework import serializers

from changzhi_portal.api.endpoints import RowsEndpoint
from changzhi_portal.api.fields import MonthField
from changzhi_portal.pages.filters import RegisterFilterSet
from changzhi_portal.search import SearchText
from communities.models import Division
from communities.search import Divisions
from periods.models import ReportingPeriod, parse_month
from targets.judgement import Verdict
from targets.models import TargetResult

_A_MONTH = RegexValidator(r"^(199\d|20\d\d)-(0[1-9]|1[0-2])\Z", "应写成2018-06这样的年月。")


class MonthlyResultFilterSet(RegisterFilterSet):
    """Filters of results: month, division and target by their codes."""

    period = django_filters.CharFilter(label="统计月，如2018-06", method="of_period", validators=[_A_MONTH])
    division = django_filters.CharFilter(label="区划代码", field_name="division__code")
    level = django_filters.ChoiceFilter(label="区划级别", choices=Division.Level.choices, field_name="division__level")
    plan = django_filters.CharFilter(label="方案代码", field_name="target__plan__code")
    target = django_filters.CharFilter(label="目标代码", field_name="target__code")

    class Meta:
        model = TargetResult
        fields = ()

    def of_period(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Filter for one month."""
        return queryset.filter(period__month=parse_month(value))

    def search(self, text: str) -> Q:
        """Find the results of divisions by name, code or pinyin."""
        found = Division.objects.filter(Divisions().matching(SearchText.without_numbers(text)))
        return Q(division__in=found.values("pk"))


class ResultSerializer(serializers.Serializer):
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
    judged = serializers.IntegerField(label="参评数")
    met = serializers.IntegerField(label="达标数", help_text="不含超出数")
    over = serializers.IntegerField(label="超出数", help_text="超过上限，计入达标")
    unmet = serializers.IntegerField(label="未达标数")
    not_applicable = serializers.IntegerField(label="不适用数")
    unknown = serializers.IntegerField(label="未知数")
    rate = serializers.DecimalField(max_digits=5, decimal_places=4, allow_null=True, label="达标率")
    gap = serializers.DecimalField(max_digits=14, decimal_places=2, label="缺口")
    value = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True, label="平均数或覆盖率")
    verdict = serializers.ChoiceField(choices=Verdict.choices, allow_null=True, label="总体判定")


class Results(RowsEndpoint):
    """目标结果 of city, counties and towns."""

    slug = "results"
    title = "目标结果"
    requires = "may_see_figures"
    queryset = TargetResult.objects.all()
    filterset = MonthlyResultFilterSet
    serializer_class = ResultSerializer
    sorts: ClassVar[dict[str, str]] = {"period": "period__month", "division": "division__code", "rate": "rate"}
