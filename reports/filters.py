"""Filters of the list of briefings."""

from __future__ import annotations

import django_filters
from django.db.models import Q

from changzhi_portal.pages.filters import RegisterFilterSet
from periods.models import ReportingPeriod
from reports.models import Briefing


class BriefingFilterSet(RegisterFilterSet):
    """Briefings by place, month and state."""

    period = django_filters.ModelChoiceFilter(
        label="统计月", queryset=ReportingPeriod.objects.all(), empty_label="全部"
    )
    state = django_filters.ChoiceFilter(label="状态", choices=Briefing.State.choices, empty_label="全部")

    class Meta:
        model = Briefing
        fields = ()

    def search(self, text: str) -> Q:
        """Return the condition for the division's name or code."""
        return Q(division__name__contains=text) | Q(division__code__startswith=text)
