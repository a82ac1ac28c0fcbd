"""Whether communities reach the targets, in their own list: filters, and two columns a target."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import OuterRef, QuerySet, Subquery

from changzhi_portal.pages.extensions import ListExtension
from changzhi_portal.pages.tables import AmountColumn, ShortColumn
from targets.judgement import Verdict
from targets.models import CommunityMeasure, Computation, Target
from targets.models.measure import CommunityMeasureQuerySet
from targets.tables import verdict_mark


class VerdictColumn(ShortColumn):
    """A verdict as the mark that all pages show."""

    def render(self, value: str) -> str:
        """Return the mark."""
        return verdict_mark(value)


class CommunityStanding(ListExtension):
    """The verdict on each community and its gap, in the newest month that was measured."""

    list_name: ClassVar[str] = "communities:community_list"

    @cached_property
    def computation(self) -> Computation | None:
        """Return the computation of the newest month that has figures; None before the first."""
        finished = Computation.objects.filter(finished_at__isnull=False).select_related("period")
        return finished.order_by("-period__month").first()

    @cached_property
    def targets(self) -> list[Target]:
        """Return the targets that judge communities one by one."""
        if self.computation is None:
            return []
        targets = Target.objects.filter(plan=self.computation.plan_id, is_scored=True, level=Target.Level.COMMUNITY)
        return list(targets.order_by("position"))

    @property
    def chosen(self) -> Target | None:
        """Return the target that the address filters by."""
        code = self.request.GET.get("target", "")
        return next((target for target in self.targets if target.code == code), None)

    def measures(self, target: Target) -> CommunityMeasureQuerySet:
        """Return the month's communities, judged by a target."""
        if self.computation is None:
            return CommunityMeasure.objects.none()
        return CommunityMeasure.objects.order_by().for_period(self.computation.period).judged_by(target)

    def filters(self) -> dict[str, django_filters.Filter]:
        """Return the filters by target and verdict; none before a month was measured."""
        if not self.targets or self.computation is None:
            return {}
        month = self.computation.period
        return {
            "target": django_filters.ChoiceFilter(
                label=f"目标（{month}）",
                choices=[(target.code, target.name) for target in self.targets],
                method=self._by_target,
                empty_label="不限",
            ),
            "verdict": django_filters.MultipleChoiceFilter(
                label="该目标的结果",
                choices=Verdict.choices,
                widget=forms.CheckboxSelectMultiple,
                method=self._by_verdict,
            ),
        }

    def _by_target(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Filter for the communities that the chosen target judges."""
        target = self.chosen
        return queryset if target is None else queryset.filter(pk__in=self.measures(target).values("community"))

    def _by_verdict(self, queryset: QuerySet, name: str, value: list[str]) -> QuerySet:
        """Filter for verdicts on the chosen target; without a target, on any of them."""
        if not value:
            return queryset
        chosen = [self.chosen] if self.chosen is not None else self.targets
        judged = [self.measures(target).filter(verdict__in=value).values("community") for target in chosen]
        first, *others = judged
        return queryset.filter(pk__in=first.union(*others) if others else first)

    def columns(self) -> dict[str, tables.Column]:
        """Return verdict and gap of each target."""
        columns: dict[str, tables.Column] = {}
        for target in self.targets:
            columns[f"verdict_{target.code}"] = VerdictColumn(
                f"{target.short_name}结果", accessor=f"verdict_of_{target.pk}", order_by=f"verdict_of_{target.pk}"
            )
            columns[f"gap_{target.code}"] = AmountColumn(
                f"{target.short_name}还缺（{target.unit}）",
                accessor=f"missing_of_{target.pk}",
                order_by=f"missing_of_{target.pk}",
            )
        return columns

    def shown_columns(self) -> tuple[str, ...]:
        """Return the columns of the target that the list is filtered by."""
        return (f"verdict_{self.chosen.code}", f"gap_{self.chosen.code}") if self.chosen is not None else ()

    def annotate(self, rows: QuerySet, columns: Collection[str]) -> QuerySet:
        """Return the rows with verdict and gap of the targets whose columns are shown or sorted by."""
        added: dict[str, Any] = {}
        for target in self.targets:
            shown = {
                f"{kind}_of_{target.pk}": kind
                for kind, column in (("verdict", f"verdict_{target.code}"), ("missing", f"gap_{target.code}"))
                if column in columns
            }
            if not shown:  # judging costs time, and most lists show no target
                continue
            own = self.measures(target).filter(community=OuterRef("pk"))
            added |= {name: Subquery(own.values(kind)[:1]) for name, kind in shown.items()}
        return rows.annotate(**added) if added else rows
