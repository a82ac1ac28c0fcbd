"""What a month's registers amount to, community by community and division by division.

Measures hold plain counts split by everything a counting rule may ask for (管理方式, certificate level, …), so
that judging, or previewing another rule, is arithmetic over one row and needs no second look at the registers.
A figure is unknown when its county has not reported that register yet (docs/domain.md §5.5): its column is NULL, and the
JSON column `figures`, which holds the declared figures that have no column of their own (ADR 0018), has no such key.
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
from targets.judgement import Verdict, annotate_judgement

if TYPE_CHECKING:
    from targets.models.plan import Target

# The divisions that figures are published for, in the order their level's codes sort in.
REPORTING_LEVELS = (Division.Level.CITY, Division.Level.COUNTY)


def cascade_unless_locked(collector: Any, field: Any, measures: Any, using: str) -> None:
    """`on_delete` of a measure: it goes with its community while the month is open, and keeps it once that is locked.

    Undoing an upload may thus remove the communities it brought although the worker has already measured them.
    """
    if measures.filter(period__state=ReportingPeriod.State.LOCKED).exists():
        raise ProtectedError("A locked month has measured this community.", set(measures))
    models.CASCADE(collector, field, measures, using)


class CommunityMeasureQuerySet(ScopedQuerySet):
    """Reads of what was measured community by community."""

    def for_period(self, period: ReportingPeriod) -> Self:
        """Return the communities of one month."""
        return self.filter(period=period)

    def with_place(self) -> Self:
        """With community, town and county of that month loaded, for lists."""
        return self.select_related("community", "town", "county")

    def judged_by(self, target: Target) -> Self:
        """Return the communities the target speaks of, each with `verdict`, `value` and `missing` (see judgement.annotate_judgement)."""
        return annotate_judgement(self.subject_to(target), target)

    def subject_to(self, target: Target) -> Self:
        """Return the communities of the kind that the target asks something of."""
        return self.filter(kind=target.kind) if target.kind else self

    def falling_short_of(self, target: Target) -> Self:
        """Return the unmet communities, judged, the farthest from the target first; unknown ones are not among them."""
        return self.judged_by(target).filter(verdict=Verdict.UNMET).order_by("-missing", "code")

    def unknown_for(self, target: Target) -> Self:
        """Return the communities that cannot be judged yet, because a figure or the population is missing."""
        return self.judged_by(target).filter(verdict=Verdict.UNKNOWN).order_by("code")


class CommunityMeasure(ScopedModel):
    """One scored community in one month, with the code, name, kind, town and county of that month."""

    # Period, county and town have no index of their own: those below serve them, and every index slows measuring.
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

    # What a row says besides the figures that registers declare, and of whom.
    unit_column: ClassVar[str] = "community_id"
    place_columns: ClassVar[tuple[str, ...]] = ("code", "name", "county_id", "town_id", "kind")
    population_columns: ClassVar[tuple[str, ...]] = ("households", "residents")
    scope_lookups: ClassVar[tuple[str, ...]] = ("town",)
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
        """Return every figure that is counted of communities, in the order of the registers."""
        return [figure for register in counted_registers() for figure in register.community_figures]


class DivisionMeasureQuerySet(ScopedQuerySet):
    """Reads of what was counted for whole divisions."""

    def for_period(self, period: ReportingPeriod) -> Self:
        """Return the divisions of one month."""
        return self.filter(period=period)

    def reporting(self) -> Self:
        """City and counties only, the city first, then counties by code: the divisions that JSON and pages show."""
        return self.filter(division__level__in=REPORTING_LEVELS).order_by("division__level", "division__code")

    def with_workforce(self) -> Self:
        """With the division loaded and `professionals` added up beside `workers`; both are NULL when unknown."""
        professionals = sum_of(self.model, indicator_named("professionals"), {})
        return self.select_related("division").annotate(professionals=professionals)

    def judged_by(self, target: Target) -> Self:
        """Return the counties the target speaks of, each with `verdict`, `value` and `missing` (see judgement.annotate_judgement)."""
        return annotate_judgement(self.subject_to(target), target)

    def subject_to(self, target: Target) -> Self:
        """Return the counties, or only the urban districts, that the target asks something of."""
        counties = self.filter(division__level=Division.Level.COUNTY)
        return counties.filter(division__is_urban_district=True) if target.urban_districts_only else counties


class DivisionMeasure(ScopedModel):
    """What is counted for a whole division of that month, town stations and county-level organizations included."""

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
        """Return every figure that is counted of whole divisions, in the order of the registers."""
        return [figure for register in counted_registers() for figure in register.division_figures]
