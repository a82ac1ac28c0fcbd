"""Figures of divisions in the API (docs/domain.md §5.12)."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Q
from rest_framework import serializers

from changzhi_portal.api.endpoints import RowsEndpoint
from changzhi_portal.api.expansions import Expansions
from changzhi_portal.api.fields import MonthField
from changzhi_portal.pages.filters import RegisterFilterSet
from changzhi_portal.search import SearchText
from communities.api import DivisionSerializer
from communities.models import Division
from communities.search import Divisions
from periods.api import MonthFilter
from periods.models import ReportingPeriod
from targets.figures import SUM_DECIMALS, SUM_DIGITS
from targets.models import FigureResult


class FigureFilterSet(RegisterFilterSet):
    """Filters of figures: month, division, figure and part by their codes."""

    period = MonthFilter()
    division = django_filters.CharFilter(label="区划代码", field_name="division__code")
    level = django_filters.ChoiceFilter(label="区划级别", choices=Division.Level.choices, field_name="division__level")
    code = django_filters.CharFilter(label="指标代码")
    part = django_filters.CharFilter(label="分项代码")

    class Meta:
        model = FigureResult
        fields = ()

    def search(self, text: str) -> Q:
        """Find the figures of divisions by name, code or pinyin."""
        found = Division.objects.filter(Divisions().matching(SearchText.without_numbers(text)))
        return Q(division__in=found.values("pk"))


def _sum(label: str, help_text: str = "") -> Any:
    return serializers.DecimalField(
        max_digits=SUM_DIGITS, decimal_places=SUM_DECIMALS, allow_null=True, label=label, help_text=help_text
    )


class FigureSerializer(serializers.ModelSerializer):
    """One figure of one division in one month, as the sums that make it; what is not known has no row."""

    period = MonthField(source="period.month", label="统计月")
    state = serializers.ChoiceField(
        source="period.state", choices=ReportingPeriod.State.choices, label="统计月的状态", help_text="锁定后不再改变"
    )
    part = serializers.CharField(allow_null=True, label="分项代码", help_text="空是合计")
    division = serializers.CharField(source="division.code", label="区划代码")
    division_name = serializers.CharField(source="division.name", label="区划")
    level = serializers.ChoiceField(source="division.level", choices=Division.Level.choices, label="区划级别")
    numerator = _sum("分子")
    denominator = _sum("分母", "合计数没有分母")
    numerator_year = _sum("本年分子", "从1月1日到当月末；只有当月发生的才有")
    denominator_year = _sum("本年分母")

    class Meta:
        model = FigureResult
        fields = (
            *("period", "state", "code", "part", "division", "division_name", "level"),
            *("numerator", "denominator", "numerator_year", "denominator_year", "counties"),
        )


class Figures(RowsEndpoint):
    """工作指标 of city, counties and towns as they were in the month."""

    slug = "figures"
    title = "工作指标"
    requires = "may_see_figures"
    queryset = FigureResult.objects.all()
    filterset = FigureFilterSet
    serializer_class = FigureSerializer
    expands: ClassVar[Expansions] = {"division": ("division", DivisionSerializer)}
    sorts: ClassVar[dict[str, str]] = {"period": "period__month", "division": "division__code", "code": "code"}
