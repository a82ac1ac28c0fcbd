"""Monthly measures: the figures of the registers for each community and each division.

Measures are counts split by every value that a counting rule may select (管理方式, certificate level, …), so that
judging, or previewing another rule, is arithmetic over one row and does not read the registers again.
A figure is unknown if its county has not reported that register yet (docs/domain.md §5.5): its column is NULL, or for a
figure stored in the JSON column `figures` because it has no column (ADR 0018), the key is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import ProtectedError

from changzhi_portal.indicators import CountedFigure, counted_registers, indicator_named
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from communities.models import Division
from periods.models import ReportingPeriod
from targets.figures import sum_of
from targets.judgement import PrintedFigures, Verdict, annotate_judgement
from targets.models.figure import FigureResult, printed_figures

if TYPE_CHECKING:
    from targets.models.plan import Target

# The levels that figures are published for, in the order of `Division.level`.
REPORTING_LEVELS = (Division.Level.CITY, Division.Level.COUNTY)


def cascade_unless_locked(collector: Any, field: Any, measures: Any, using: str) -> None:
    """Delete the measures of a deleted community, as `on_delete`; raise ProtectedError if one is of a locked month.

    So undoing an upload can remove the communities it added although the worker has already measured them.
    """
    if measures.filter(period__state=ReportingPeriod.State.LOCKED).exists():
        raise ProtectedError("A locked month has measured this community.", set(measures))
    models.CASCADE(collector, field, measures, using)


class CommunityMeasureQuerySet(ScopedQuerySet):
    """Queries of community measures."""

    def for_period(self, period: ReportingPeriod) -> Self:
        """Filter for the measures of one month."""
        return self.filter(period=period)

    def with_place(self) -> Self:
        """Load community, and town and county of that month, for lists."""
        return self.select_related("community", "town", "county")

    def judged_by(self, target: Target) -> Self:
        """Filter for the target's communities; annotate `verdict`, `value` and `missing` (`annotate_judgement`)."""
        return annotate_judgement(self.subject_to(target), target)

    def subject_to(self, target: Target) -> Self:
        """Filter for the communities of the kind that the target is about."""
        return self.filter(kind=target.kind) if target.kind else self

    def falling_short_of(self, target: Target) -> Self:
        """Filter for unmet communities, without unknown ones, judged, those that lack most first."""
        return self.judged_by(target).filter(verdict=Verdict.UNMET).order_by("-missing", "code")

    def unknown_for(self, target: Target) -> Self:
        """Filter for communities that cannot be judged yet, because a figure or the population is unknown; judged."""
        return self.judged_by(target).filter(verdict=Verdict.UNKNOWN).order_by("code")


class CommunityMeasure(ScopedModel):
    """One scored community in one month, with the code, name, kind, town and county of that month."""

    # Period, county and town have no separate index: those below serve them, and every index slows measuring.
    period = models.ForeignKey(
        "periods.ReportingPeriod", models.CASCADE, related_name="measures", db_index=False, verbose_name="统计月"
    )
    community = models.ForeignKey(
        "communities.Community", cascade_unless_locked, related_name="measures", verbose_name="社区"
    )
    code = models.CharField("社区代码", max_length=12)
    name = models.CharField("社区名称", max_length=60)
    county = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="+", db_index=False, verbose_name="县（市、区）"
    )
    town = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="+", db_index=False, verbose_name="街道（乡镇）"
    )
    kind = models.CharField("类型", max_length=5)
    households = models.PositiveIntegerField("户数", null=True)
    residents = models.PositiveIntegerField("常住人口", null=True)
    facility_area = models.DecimalField("综合服务设施面积（㎡）", max_digits=12, decimal_places=2, null=True)
    facilities = models.PositiveIntegerField("综合服务设施数", null=True)
    organizations_registered = models.PositiveIntegerField("登记组织", null=True)
    organizations_filed = models.PositiveIntegerField("街道备案组织", null=True)
    organizations_guided = models.PositiveIntegerField("社区指导组织", null=True)
    workers = models.PositiveIntegerField("在岗社会工作者", null=True)
    community_workers = models.PositiveIntegerField("社区工作者", null=True)
    professionals_degree_only = models.PositiveIntegerField("仅有专业学历", null=True)
    professionals_assistant = models.PositiveIntegerField("助理社会工作师", null=True)
    professionals_social_worker = models.PositiveIntegerField("社会工作师", null=True)
    professionals_senior = models.PositiveIntegerField("高级社会工作师", null=True)
    figures = models.JSONField("其他指标", default=dict, help_text="没有单独一列的指标；未知的不列")

    # The columns other than declared figures.
    unit_column: ClassVar[str] = "community_id"
    place_columns: ClassVar[tuple[str, ...]] = ("code", "name", "county_id", "town_id", "kind")
    population_columns: ClassVar[tuple[str, ...]] = ("households", "residents")
    scope_lookups: ClassVar[tuple[str, ...]] = ("town",)
    is_computed: ClassVar[bool] = True  # goes with a place that is taken back, while the month is open
    objects = CommunityMeasureQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "月度测量"
        constraints = (
            models.UniqueConstraint(
                fields=["period", "community"], name="measure_once", violation_error_message="这个社区本月已有测量。"
            ),
        )
        indexes = (
            models.Index(fields=["period", "county"], name="measure_by_county"),
            models.Index(fields=["period", "town"], name="measure_by_town"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.period}"

    @staticmethod
    def declared_figures() -> list[CountedFigure]:
        """Return every declared figure of communities, in the order of the registers."""
        return [figure for register in counted_registers() for figure in register.community_figures]


class DivisionMeasureQuerySet(ScopedQuerySet):
    """Queries of division measures."""

    def for_period(self, period: ReportingPeriod) -> Self:
        """Filter for the measures of one month."""
        return self.filter(period=period)

    def reporting(self) -> Self:
        """Filter for city and counties, which JSON and pages show: the city first, then counties by code."""
        return self.filter(division__level__in=REPORTING_LEVELS).order_by("division__level", "division__code")

    def with_workforce(self) -> Self:
        """Load the division; annotate `professionals`, the sum of its levels, NULL when unknown as `workers` is."""
        professionals = sum_of(self.model, indicator_named("professionals"), {})
        return self.select_related("division").annotate(professionals=professionals)

    def judged_by(self, target: Target) -> Self:
        """Filter for the target's counties; annotate `verdict`, `value` and `missing` (`annotate_judgement`).

        One query at once for a target of a figure of divisions.
        """
        return annotate_judgement(self.subject_to(target), target, self.printed_figures(target))

    def printed_figures(self, target: Target) -> PrintedFigures:
        """Return the figures that a target of a figure of divisions judges, of these months; {} for any other target."""
        if not target.judges_figure:
            return {}
        months = self.order_by().values("period")
        rows = (
            FigureResult.objects.order_by()
            .of_judged(target)
            .filter(period__in=months, division__level__in=REPORTING_LEVELS)
        )
        return printed_figures(target, rows)

    def subject_to(self, target: Target) -> Self:
        """Filter for counties, or for urban districts if the target is about them only."""
        counties = self.filter(division__level=Division.Level.COUNTY)
        return counties.filter(division__is_urban_district=True) if target.urban_districts_only else counties


class DivisionMeasure(ScopedModel):
    """The figures of one division in one month, including those of town stations and county-level organizations."""

    period = models.ForeignKey(
        "periods.ReportingPeriod", models.CASCADE, related_name="division_measures", verbose_name="统计月"
    )
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="measures", verbose_name="区划")
    agencies_registered = models.PositiveIntegerField("登记社工机构", null=True)
    agencies_filed = models.PositiveIntegerField("备案社工机构", null=True)
    agencies_guided = models.PositiveIntegerField("指导社工机构", null=True)
    workers = models.PositiveIntegerField("在岗社会工作者", null=True)
    community_workers = models.PositiveIntegerField("社区工作者", null=True)
    professionals_degree_only = models.PositiveIntegerField("仅有专业学历", null=True)
    professionals_assistant = models.PositiveIntegerField("助理社会工作师", null=True)
    professionals_social_worker = models.PositiveIntegerField("社会工作师", null=True)
    professionals_senior = models.PositiveIntegerField("高级社会工作师", null=True)
    figures = models.JSONField("其他指标", default=dict, help_text="没有单独一列的指标；未知的不列")

    unit_column: ClassVar[str] = "division_id"
    place_columns: ClassVar[tuple[str, ...]] = ()
    population_columns: ClassVar[tuple[str, ...]] = ()
    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    is_computed: ClassVar[bool] = True  # goes with a place that is taken back, while the month is open
    objects = DivisionMeasureQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "区划月度测量"
        constraints = (
            models.UniqueConstraint(
                fields=["period", "division"],
                name="division_measure_once",
                violation_error_message="这个区划本月已有测量。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.division} {self.period}"

    @staticmethod
    def declared_figures() -> list[CountedFigure]:
        """Return every declared figure of divisions, in the order of the registers."""
        return [figure for register in counted_registers() for figure in register.division_figures]
