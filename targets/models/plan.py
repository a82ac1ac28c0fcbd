"""Target plans and their targets: the requirements of a policy document as data (docs/domain.md §5).

Plans have versions: a change creates a row of `TargetPlan` with new rows of `Target`, and earlier versions stay as they
are. Targets of two versions with the same `code` are the same target.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from changzhi_portal.figures import Shown
from changzhi_portal.indicators import indicator_named
from changzhi_portal.refusals import InvalidError, NotFoundError, PortalError
from communities.models import Community
from targets.figure_values import unit_of
from targets.figures import OF_DIVISIONS
from targets.judgement import figure_judged, judges_figure

# Above it, the engine's integer arithmetic would not fit 64 bits. No policy requires more.
HIGHEST_BOUND = 1_000_000
# Of a figure that a target judges: bounds and results have two decimals.
_MOST_DECIMALS = 2
_WHOLE = 100


class TargetPlanQuerySet(models.QuerySet):
    """Queries of plans."""

    def current(self) -> Self:
        """Filter for the newest version of every plan, ordered by first day."""
        return self.filter(is_current=True).order_by("starts_on", "id")

    def versions_of(self, code: str) -> Self:
        """Filter for the versions of one plan, the newest first."""
        return self.filter(code=code).select_related("made_by").order_by("-version")

    def in_force_on(self, day: datetime.date) -> TargetPlan:
        """Return the newest version of the plan that a month ending on `day` is judged by; of two that overlap, the later.

        After a plan's last day, it is used until another plan begins. Raises NotFoundError for a day before the first
        plan.
        """
        plan = plan_in_force_on(day, self.filter(is_current=True).order_by("id"))
        if plan is None:
            first = self.current().first()
            begins = (
                f"The first plan begins on {first.starts_on}." if first else "There is no plan at all: run migrate."
            )
            raise NotFoundError(
                f"{day.year}年{day.month}月{day.day}日还没有生效的目标方案，请选择以后的月份，或由市局管理员设置方案。",
                cure=f"No target plan is in force on {day}. {begins} Choose a later month.",
            )
        return plan


def plan_in_force_on(day: datetime.date, plans: Iterable[TargetPlan]) -> TargetPlan | None:
    """Return the plan of `plans` that a month ending on `day` is judged by, as `in_force_on` does; None without one.

    `plans` must be ordered by when they were saved, the last one at the end.
    """
    begun = sorted((plan for plan in plans if plan.starts_on <= day), key=lambda plan: plan.starts_on)
    running = [plan for plan in begun if plan.ends_on >= day]
    return next(reversed(running or begun), None)


class TargetPlan(models.Model):
    """One version of a plan: the targets of a policy document, and its first and last day."""

    code = models.SlugField("代码", max_length=40)
    version = models.PositiveIntegerField("版本", default=1, editable=False)
    is_current = models.BooleanField("现行版本", default=True, editable=False)
    title = models.CharField("名称", max_length=200)
    document = models.CharField("文件", max_length=200, help_text="文号和标题")
    starts_on = models.DateField("起")
    ends_on = models.DateField("止", help_text="应达到目标之日")
    # Empty for the plans that ship with the portal.
    made_at = models.DateTimeField("修改时间", null=True, blank=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="修改人",
    )
    reason = models.CharField("修改原因", max_length=200, blank=True, editable=False)

    objects = TargetPlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "目标方案"
        ordering = ("starts_on", "code", "version")
        constraints = (
            models.UniqueConstraint(
                fields=["code", "version"],
                name="plan_version_once",
                violation_error_message="这个方案的这一版本已经存在。",
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(is_current=True),
                name="plan_current_once",
                violation_error_message="已有使用此代码的方案。",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="plan_ends_after_start",
                violation_error_message="止日应晚于起日。",
            ),
            models.CheckConstraint(
                condition=Q(made_at__isnull=True, made_by__isnull=True)
                | Q(made_at__isnull=False, made_by__isnull=False),
                name="plan_made_at_and_by",
                violation_error_message="修改时间和修改人应同时填写。",
            ),
            models.CheckConstraint(
                condition=Q(version=1) | (Q(made_at__isnull=False) & ~Q(reason="")),
                name="plan_version_has_reason",
                violation_error_message="修改方案应写明原因。",
            ),
        )

    def __str__(self) -> str:
        return self.title


class Target(models.Model):
    """One target of one version of a plan: the units judged, the figure, and the bounds.

    The figure must be ≥ `at_least` (以上, which includes the number itself), and ≤ `at_most` to stay in the range; with
    `per` it is a ratio. `aggregate` says whether each unit, their mean or a share of them must reach the bounds.

    A target may judge a figure of divisions instead (`judges_figure`; docs/domain.md §5.13): `indicator` is then its code
    after "figure.", the units judged are counties, and it may ask ≥, ≤ or a range: above `at_most` is unmet.
    """

    class Level(models.TextChoices):
        """Levels of the units judged."""

        COMMUNITY = "community", "社区"
        COUNTY = "county", "县（市、区）"
        DIVISION = "division", "全域"

    class Per(models.TextChoices):
        """Bases of a ratio: per 100 households, or per 10,000 residents."""

        WHOLE = "", "总数"
        HOUSEHOLDS = "100_households", "每百户"
        RESIDENTS = "10000_residents", "每万人"

    class Aggregate(models.TextChoices):
        """What must reach the bounds: every unit, their mean, or a given share of them."""

        EACH = "each", "逐个达到"
        MEAN = "mean", "平均达到"
        COVERAGE = "coverage", "达到一定比例"

    plan = models.ForeignKey(TargetPlan, models.CASCADE, related_name="targets", verbose_name="方案")
    code = models.SlugField("代码", max_length=40)
    position = models.PositiveSmallIntegerField("顺序")
    short_name = models.CharField("简称", max_length=30, help_text="表格和图中使用")
    name = models.CharField("名称", max_length=60)
    clause = models.CharField("条款", max_length=40)
    quotation = models.CharField("原文", max_length=300, blank=True)
    level = models.CharField("测评单位", max_length=10, choices=Level)
    kind = models.CharField("社区类型", max_length=5, choices=Community.Kind, blank=True, help_text="空表示不限")
    minimum_population = models.PositiveIntegerField("人口下限", null=True, blank=True, help_text="含本数")
    urban_districts_only = models.BooleanField("仅市辖区", default=False)
    indicator = models.CharField("指标", max_length=60)
    counting_rule = models.JSONField(
        "计数规则", default=dict, blank=True, help_text="按维度列出计入的取值；未列的维度全部计入"
    )
    per = models.CharField("折算", max_length=20, choices=Per, default=Per.WHOLE, blank=True)
    aggregate = models.CharField("汇总方式", max_length=10, choices=Aggregate, default=Aggregate.EACH)
    at_least = models.DecimalField("下限", max_digits=12, decimal_places=2, null=True, blank=True, help_text="含本数")
    at_most = models.DecimalField(
        "上限", max_digits=12, decimal_places=2, null=True, blank=True, help_text="超过的单独列示"
    )
    coverage_at_least = models.DecimalField(
        "比例下限（%）", max_digits=5, decimal_places=2, null=True, blank=True, help_text="含本数"
    )
    unit = models.CharField("计量单位", max_length=10)
    is_scored = models.BooleanField("参与测评", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "目标"
        ordering = ("plan", "position")
        constraints = (
            models.UniqueConstraint(
                fields=["plan", "code"],
                name="target_code_once_in_plan",
                violation_error_message="方案中已有此代码的目标。",
            ),
            models.CheckConstraint(
                condition=Q(is_scored=False)
                | Q(at_least__isnull=False)
                | Q(at_most__isnull=False, indicator__startswith=OF_DIVISIONS),
                name="scored_target_has_bound",
                violation_error_message="参与测评的目标应有下限；评工作指标的，下限、上限至少填一个。",
            ),
            models.CheckConstraint(
                condition=~Q(indicator__startswith=OF_DIVISIONS) | Q(level="county", is_scored=True),
                name="target_of_figure_judges_counties",
                violation_error_message="评工作指标的目标应参与测评，测评单位是县（市、区）。",
            ),
            models.CheckConstraint(
                condition=Q(at_most__isnull=True) | Q(at_most__gte=F("at_least")),
                name="target_bounds_in_order",
                violation_error_message="上限不能低于下限。",
            ),
            models.CheckConstraint(
                # A figure of how much something has changed may be asked to fall: 比上年12月 ≤ −10 %.
                condition=(Q(at_least__isnull=True) | Q(at_least__gte=-HIGHEST_BOUND, at_least__lte=HIGHEST_BOUND))
                & (Q(at_most__isnull=True) | Q(at_most__gte=-HIGHEST_BOUND, at_most__lte=HIGHEST_BOUND))
                & (
                    Q(indicator__startswith=OF_DIVISIONS)
                    | ((Q(at_least__isnull=True) | Q(at_least__gte=0)) & (Q(at_most__isnull=True) | Q(at_most__gte=0)))
                ),
                name="target_bounds_plausible",
                violation_error_message="上限和下限应在0到1000000之间；只有统计“工作指标”的可以是负数，表示比以前减少。",
            ),
            models.CheckConstraint(
                condition=Q(level="community") | Q(kind="", minimum_population__isnull=True),
                name="target_kind_of_communities",
                violation_error_message="只有以社区为测评单位的目标才能限定社区类型和人口下限。",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["", *Community.Kind.values]),
                name="target_kind_known",
                violation_error_message="请选择社区类型。",
            ),
            models.CheckConstraint(
                condition=Q(urban_districts_only=False) | Q(level="county"),
                name="target_urban_districts_of_counties",
                violation_error_message="只有以县（市、区）为测评单位的目标才能限定市辖区。",
            ),
            models.CheckConstraint(
                condition=Q(per__in=["", "100_households", "10000_residents"]),
                name="target_per_known",
                violation_error_message="请选择按总数、每百户还是每万人计算。",
            ),
            models.CheckConstraint(
                condition=Q(aggregate__in=["each", "mean", "coverage"]),
                name="target_aggregate_known",
                violation_error_message="请选择逐个达到、平均达到还是达到一定比例。",
            ),
            models.CheckConstraint(
                condition=Q(level="community") | Q(per="", aggregate="each"),
                name="target_ratio_of_communities",
                violation_error_message="只有以社区为测评单位的目标才能按户数、人口折算，或者按平均、比例汇总。",
            ),
            models.CheckConstraint(
                # A comparison with NULL is unknown, which a check constraint accepts, so NULL is excluded explicitly.
                condition=Q(
                    aggregate="coverage",
                    coverage_at_least__isnull=False,
                    coverage_at_least__gt=0,
                    coverage_at_least__lte=100,
                )
                | (~Q(aggregate="coverage") & Q(coverage_at_least__isnull=True)),
                name="target_coverage_has_share",
                violation_error_message="按比例汇总的目标应写明比例下限（大于0，不超过100），其他目标不写。",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def value_unit(self) -> str:
        """Return the unit of the figure judged: 个, or for a ratio ㎡/百户. Missing amounts are in `unit`."""
        return self.unit + {self.Per.HOUSEHOLDS: "/百户", self.Per.RESIDENTS: "/万人"}.get(self.Per(self.per), "")

    @property
    def judges_figure(self) -> bool:
        """Return whether the target judges a figure of divisions, and not an indicator of the registers."""
        return judges_figure(self)

    @property
    def names_measured(self) -> list[str]:
        """Return the names in `Computation.measured` of the figures that the target judges.

        Raises InvalidError for a counting rule that does not fit.
        """
        if self.judges_figure:
            return [self.indicator]
        return indicator_named(self.indicator).figures_counted(self.counting_rule)

    def clean(self) -> None:
        """Raise ValidationError for an indicator or counting rule that cannot be measured."""
        try:
            self.refuse_unless_measurable()
        except PortalError as error:
            # Of a figure, so that the constraints of the same field do not say it once more.
            is_of_field = self.judges_figure and error.field and error.field != "counting_rule"
            raise ValidationError({error.field: str(error)} if is_of_field else str(error)) from error

    def refuse_unless_measurable(self) -> None:
        """Raise InvalidError for an indicator or counting rule that the portal cannot count at this level."""
        if self.judges_figure:
            self._refuse_unless_figure_judged()
            return
        indicator = indicator_named(self.indicator)
        indicator.figures_counted(self.counting_rule)
        if self.is_scored and indicator.is_of_divisions != (self.level != self.Level.COMMUNITY):
            raise InvalidError(
                f"“{indicator.name}”不能按“{self.get_level_display()}”测评，请换一个指标或测评单位。",
                cure=f"The indicator {indicator.code} cannot be judged at the level {self.level}.",
                field="level",
            )

    def _refuse_unless_figure_judged(self) -> None:
        """Raise InvalidError for what makes no sense of a figure of divisions: one sentence for each field."""
        figure = figure_judged(self)
        bounds = [bound for bound in (self.at_least, self.at_most) if bound is not None]
        refusals = (
            (figure.decimals > _MOST_DECIMALS, "indicator", f"“{figure.name}”的小数多于两位，不能作为目标，请换一个。"),
            (not self.is_scored, "is_scored", f"“{figure.name}”本来就列在“工作指标”页上，作目标时请勾选“参与测评”。"),
            (
                self.level != self.Level.COUNTY,
                "level",
                f"“{figure.name}”按县（市、区）统计，“测评谁”请选县（市、区）。",
            ),
            (bool(self.kind), "kind", f"“{figure.name}”不分社区类型，“社区类型”请选不限。"),
            (
                self.minimum_population is not None,
                "minimum_population",
                f"“{figure.name}”不按社区人口测评，“人口不少于”请空着。",
            ),
            (bool(self.counting_rule), "counting_rule", f"“{figure.name}”按合计测评，计入的取值请都不要勾选。"),
            (bool(self.per), "per", f"“{figure.name}”本身已经算好，“怎样折算”请选不折算。"),
            (
                self.aggregate != self.Aggregate.EACH,
                "aggregate",
                f"“{figure.name}”逐个县（市、区）测评，“要求谁达到”请选逐个达到。",
            ),
            (self.coverage_at_least is not None, "coverage_at_least", f"“{figure.name}”逐个测评，“比例”请空着。"),
            (not bounds, "at_least", f"请给“{figure.name}”填下限或上限，至少填一个。"),
            (
                figure.shown is Shown.RATE and any(bound > _WHOLE for bound in bounds),
                "at_least" if self.at_least is not None and self.at_least > _WHOLE else "at_most",
                f"“{figure.name}”是百分比，下限和上限都不能超过100。",
            ),
            (
                bool(bounds) and self.unit != unit_of(figure),
                "unit",
                f"“{figure.name}”的计量单位是“{unit_of(figure)}”，请照此填写。",
            ),
        )
        for is_wrong, field, sentence in refusals:
            if is_wrong:
                raise InvalidError(
                    sentence,
                    cure=f"A target of the figure {figure.code} judges each county by its own number: correct {field}.",
                    field=field,
                )
