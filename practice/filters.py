"""Filters of documents and stories, and their forms."""

from __future__ import annotations

from typing import ClassVar

import django_filters
from django.utils import timezone

from changzhi_portal.pages.filters import DayFilter, DayInput, FilterForm
from communities.filters import PlaceFilterSet
from practice.clauses import CLAUSE_CHOICES
from practice.models import REPORTED, Document, DocumentQuerySet, Story, StoryQuerySet
from practice.search import Documents, Stories


class DocumentFilterForm(FilterForm):
    """Form that always shows place, kind and whether it is in force."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "kind", "in_force")
    search_hint: ClassVar[str] = "标题、文号、社区"


class DocumentFilterSet(PlaceFilterSet):
    """Filter by number, title, place, kind, and by whether it is in force."""

    source = Documents()
    kind = django_filters.ChoiceFilter(label="类别", choices=Document.Kind.choices)
    in_force = django_filters.ChoiceFilter(label="状态", choices=[("yes", "有效"), ("no", "已失效")], method="by_force")
    level = django_filters.ChoiceFilter(
        label="制定单位",
        choices=[("city", "市"), ("county", "县（市、区）"), ("town", "街道（乡镇）"), ("community", "社区")],
        method="by_level",
    )
    on_day = django_filters.DateFilter(label="某日有效", method="by_day", widget=DayInput())
    issued_from = DayFilter("印发日期从", "issued_on", "gte")
    issued_to = DayFilter("印发日期至", "issued_on", "lte")

    class Meta:
        model = Document
        fields = ()

    def by_force(self, queryset: DocumentQuerySet, name: str, value: str) -> DocumentQuerySet:
        """Filter for what is in force today ("yes"), or is not ("no")."""
        today = timezone.localdate()
        if value == "yes":
            return queryset.in_force_on(today)
        return queryset.exclude(pk__in=Document.objects.in_force_on(today).order_by().values("pk"))

    def by_day(self, queryset: DocumentQuerySet, name: str, value: object) -> DocumentQuerySet:
        """Filter for what was in force on a day."""
        return queryset.in_force_on(value)  # type: ignore[arg-type]  # a day, as its field gives

    def by_level(self, queryset: DocumentQuerySet, name: str, value: str) -> DocumentQuerySet:
        """Filter by who issued it."""
        if value == "community":
            return queryset.filter(community__isnull=False)
        return queryset.filter(division__level=value)


class StoryFilterForm(FilterForm):
    """Form that always shows place, kind, clause and state."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "kind", "clause", "state")
    search_hint: ClassVar[str] = "标题、刊播媒体、社区"


class StoryFilterSet(PlaceFilterSet):
    """Filter by title, office, kind, clause, level, state and days."""

    source = Stories()
    kind = django_filters.ChoiceFilter(label="类别", choices=Story.Kind.choices)
    clause = django_filters.ChoiceFilter(label="对应条款", choices=CLAUSE_CHOICES)
    state = django_filters.ChoiceFilter(
        label="状态", choices=[("reported", "已报送和入选"), *Story.State.choices], method="by_state"
    )
    level = django_filters.ChoiceFilter(label="级别", choices=Story.Level.choices)
    on_from = DayFilter("日期从", "on", "gte")
    on_to = DayFilter("日期至", "on", "lte")

    class Meta:
        model = Story
        fields = ()

    def by_state(self, queryset: StoryQuerySet, name: str, value: str) -> StoryQuerySet:
        """Filter by state, or for those that count."""
        return queryset.filter(state__in=REPORTED if value == "reported" else (value,))


class LibraryFilterForm(FilterForm):
    """Form of the library: clause and kind."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "clause", "kind")
    search_hint: ClassVar[str] = "标题、刊播媒体、社区"
