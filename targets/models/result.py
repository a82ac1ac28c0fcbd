"""Results: the measured units of a division judged by each target (docs/domain.md §5)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from communities.models import Division
from periods.models import ReportingPeriod
from targets.judgement import Verdict
from targets.models.measure import REPORTING_LEVELS


class TargetResultQuerySet(ScopedQuerySet):
    """Queries of results."""

    def for_period(self, period: ReportingPeriod) -> Self:
        """Filter for the results of one month."""
        return self.filter(period=period)

    def in_plan_order(self) -> Self:
        """Load target and division; order by the plan's targets."""
        return self.select_related("target", "division").order_by("target__position", "division__code")

    def of_division(self, division: Division) -> Self:
        """Filter for the results of one division, in the plan's order."""
        return self.filter(division=division).in_plan_order()

    def one_level_below(self, division: Division) -> Self:
        """Filter for the results of the counties of a city or the towns of a county, for every target, by code."""
        below = {
            Division.Level.CITY: Q(division__level=Division.Level.COUNTY),
            Division.Level.COUNTY: Q(division__level=Division.Level.TOWN, division__parent=division),
        }.get(Division.Level(division.level))
        rows = self.none() if below is None else self.filter(below)
        # The addresses of a town's lists name its county.
        return rows.select_related("target", "division__parent").order_by("division__code")

    def reporting(self) -> Self:
        """Filter for city and counties, in the plan's order, the city before its counties."""
        of_levels = self.filter(division__level__in=REPORTING_LEVELS).in_plan_order()
        return of_levels.order_by("target__position", "division__level", "division__code")


class TargetResult(ScopedModel):
    """The result of one division for one target in one month (docs/domain.md §5).

    A target for `each` unit: the number of units judged, met, over, unmet, not applicable, unknown; the rate; the gap is
    the sum of what the unmet units lack. `value` and `verdict` are empty.

    A target for a `coverage`: the same counts, so that the rate is the coverage. `value` is the coverage in percent, with
    unknown units as not covered; `verdict` is met if it reaches the required share, unmet if it would not even with all
    unknown units covered, otherwise unknown.

    A target for the `mean`: the unit judged is the division itself, so that the counts are 0 or 1. `value` is the mean of
    the communities whose figure is known, for a ratio Σ figure ÷ Σ households (residents); `verdict` is unknown as long
    as one community is unknown. The gap is what the communities together lack to reach the required mean.

    A target of a figure of divisions: the counts of the counties judged. `value` is the division's own printed figure,
    `verdict` the verdict on it; both are empty where the target does not judge the division, as a county that is no urban
    district or the city of such a target. The gap is 0, since what counties miss of a rate does not add up.
    """

    period = models.ForeignKey("periods.ReportingPeriod", models.CASCADE, related_name="results", verbose_name="统计月")
    target = models.ForeignKey("targets.Target", models.PROTECT, related_name="results", verbose_name="目标")
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="results", verbose_name="区划")
    judged = models.PositiveIntegerField("参评数")
    met = models.PositiveIntegerField("达标数")
    over = models.PositiveIntegerField("超出数", help_text="超过上限，计入达标，另行列示")
    unmet = models.PositiveIntegerField("未达标数")
    not_applicable = models.PositiveIntegerField("不适用数")
    unknown = models.PositiveIntegerField("未知数")
    rate = models.DecimalField(
        "达标率", max_digits=5, decimal_places=4, null=True, help_text="四位小数；无参评单位为空"
    )
    gap = models.DecimalField("缺口", max_digits=14, decimal_places=2, help_text="未达标单位所缺之和，单位同目标")
    value = models.DecimalField(
        "平均数、覆盖率或工作指标",
        max_digits=14,
        decimal_places=2,
        null=True,
        help_text="覆盖率为百分数；按登记表逐个达到的目标为空",
    )
    verdict = models.CharField(
        "总体判定", max_length=14, choices=Verdict, blank=True, default="", help_text="按登记表逐个达到的目标为空"
    )

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    is_computed: ClassVar[bool] = True  # goes with a place that is taken back, while the month is open
    objects = TargetResultQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "目标结果"
        constraints = (
            models.UniqueConstraint(
                fields=["period", "target", "division"],
                name="result_once",
                violation_error_message="这个区划本月的这项目标已有结果。",
            ),
            models.CheckConstraint(
                condition=Q(judged=F("met") + F("over") + F("unmet") + F("unknown")),
                name="result_adds_up",
                violation_error_message="参评数应等于达标、超出、未达标、未知之和。",
            ),
            models.CheckConstraint(
                condition=~Q(verdict="") | Q(value__isnull=True),
                name="result_value_has_verdict",
                violation_error_message="有平均数或覆盖率的结果应有总体判定。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.target} {self.division} {self.period}"

    @property
    def reached(self) -> int:
        """Return the number of units that reach the target: met, and over the upper bound."""
        return self.met + self.over
