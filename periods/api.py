"""Months in the API."""

from __future__ import annotations

from typing import ClassVar

import django_filters
from django.db.models import Q
from rest_framework import serializers

from changzhi_portal.api.endpoints import RowsEndpoint
from changzhi_portal.api.fields import MonthField
from changzhi_portal.pages.filters import RegisterFilterSet
from periods.models import ReportingPeriod


class PeriodFilterSet(RegisterFilterSet):
    """Filters of months."""

    state = django_filters.ChoiceFilter(label="状态", choices=ReportingPeriod.State.choices)

    class Meta:
        model = ReportingPeriod
        fields = ()

    def search(self, text: str) -> Q:
        """Find months by year or by year and month: 2018, 2018-06."""
        year, _, month = text.partition("-")
        if not (year.isdecimal() and (not month or month.isdecimal())):
            return Q(pk__in=())
        return Q(month__year=int(year)) & (Q(month__month=int(month)) if month else Q())


class PeriodSerializer(serializers.Serializer):
    """What is said of a month."""

    period = MonthField(source="month", label="统计月")
    state = serializers.ChoiceField(choices=ReportingPeriod.State.choices, label="状态")
    opens_on = serializers.DateField(label="开放日")
    due_on = serializers.DateField(label="截止日")
    late_until = serializers.DateField(label="迟报截止日")
    locked_at = serializers.DateTimeField(allow_null=True, label="锁定时间")


class Periods(RowsEndpoint):
    """统计月, the same for everybody."""

    slug = "periods"
    title = "统计月"
    requires = "may_see_figures"
    queryset = ReportingPeriod.objects.all()
    filterset = PeriodFilterSet
    serializer_class = PeriodSerializer
    sorts: ClassVar[dict[str, str]] = {"period": "month"}
    is_scoped = False
