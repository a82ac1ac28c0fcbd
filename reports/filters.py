"""Filters of the list of briefings."""

from __future__ import annotations

import django_filters
from django.db.models import Q

from changzhi_portal.pages.filters import RegisterFilterSet
from periods.models import ReportingPeriod
from reports.models import Briefing


class BriefingFilterSet(RegisterFilterSet):
    """Briefings by place, month, span and how far they have got; found by words of their text."""

    period = django_filters.ModelChoiceFilter(
        label="统计月", queryset=ReportingPeriod.objects.all(), empty_label="全部"
    )
    span = django_filters.ChoiceFilter(label="种类", choices=Briefing.Span.choices, empty_label="全部")
    stage = django_filters.ChoiceFilter(label="编发进度", choices=Briefing.Stage.choices, empty_label="全部")

    class Meta:
        model = Briefing
        fields = ()

    def search(self, text: str) -> Q:
        """Return the condition for the division's name or code, or words of the text that was printed."""
        of_division = Q(division__name__contains=text) | Q(division__code__startswith=text)
        return of_division | Q(text__contains=text) | Q(code__startswith=text.upper())
