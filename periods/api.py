"""Months in the API."""

from __future__ import annotations

import re
from typing import ClassVar

import django_filters
from django.core.validators import RegexValidator
from django.db.models import Q, QuerySet
from rest_framework import serializers

from changzhi_portal.api.endpoints import RowsEndpoint
from changzhi_portal.api.fields import MonthField
from changzhi_portal.pages.filters import RegisterFilterSet
from periods.models import ReportingPeriod, parse_month

_A_YEAR_OR_MONTH = re.compile(r"(?:199[0-9]|20[0-9]{2})(?:-[0-9]{1,2})?")
_A_MONTH = RegexValidator(r"^(199\d|20\d\d)-(0[1-9]|1[0-2])\Z", "应写成2018-06这样的年月。")


class MonthFilter(django_filters.CharFilter):
    """A filter by one month: 2018-06."""

    def __init__(self, *, field_name: str = "period", required: bool = False) -> None:
        super().__init__(field_name=field_name, label="统计月，如2018-06", validators=[_A_MONTH], required=required)

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        """Return the rows of the month; all without one."""
        return qs.filter(**{f"{self.field_name}__month": parse_month(value)}) if value else qs


class PeriodFilterSet(RegisterFilterSet):
    """Filters of months."""

    state = django_filters.ChoiceFilter(label="状态", choices=ReportingPeriod.State.choices)

    class Meta:
        model = ReportingPeriod
        fields = ()

    def search(self, text: str) -> Q:
        """Find months by year or by year and month: 2018, 2018-06; none for any other text."""
        if not _A_YEAR_OR_MONTH.fullmatch(text):
            return Q(pk__in=())
        year, _, month = text.partition("-")
        return Q(month__year=int(year)) & (Q(month__month=int(month)) if month else Q())


class PeriodSerializer(serializers.ModelSerializer):
    """What is said of a month."""

    period = MonthField(source="month", label="统计月")

    class Meta:
        model = ReportingPeriod
        fields = ("period", "state", "opens_on", "due_on", "late_until", "locked_at")


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
