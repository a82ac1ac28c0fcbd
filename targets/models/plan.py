"""Target plans as data: what a policy document asks, clause by clause (domain.md §5)."""

from __future__ import annotations

import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from changzhi_portal.errors import PortalError
from targets.indicators import indicator_named


class TargetPlanQuerySet(models.QuerySet):
    """Reads of plans."""

    def in_force_on(self, day: datetime.date) -> TargetPlan:
        """The plan that a month ending on `day` is judged by; the one begun last when two overlap.

        After a plan's last day, while no other has begun, that plan is still used: what it asked for by then
        stays the measure of how things stand. Raises PortalError for a day before the first plan.
        """
        begun = self.filter(starts_on__lte=day).order_by("-starts_on", "-id")
        plan = begun.filter(ends_on__gte=day).first() or begun.first()
        if plan is None:
            first = self.order_by("starts_on").first()
            begins = (
                f"The first plan begins on {first.starts_on}." if first else "There is no plan at all: run migrate."
            )
            raise PortalError(
                f"{day.year}年{day.month}月{day.day}日还没有生效的目标方案，请选择以后的月份，或由市局管理员设置方案。",
                cure=f"No target plan is in force on {day}. {begins} Choose a later month.",
            )
        return plan


class TargetPlan(models.Model):
    """One policy document's targets, with the days it runs."""

    code = models.SlugField("代码", max_length=40, unique=True)
    title = models.CharField("名称", max_length=200)
    document = models.CharField("文件", max_length=200, help_text="文号和标题")
    starts_on = models.DateField("起")
    ends_on = models.DateField("止", help_text="应达到目标之日")

    objects = TargetPlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "目标方案"
        ordering = ("starts_on",)
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="plan_ends_after_start",
                violation_error_message="止日应晚于起日。",
            ),
        )

    def __str__(self) -> str:
        return self.title


class Target(models.Model):
    """One clause of a plan: which units are judged, by which indicator, against which bounds."""

    class Level(models.TextChoices):
        """What is judged."""

        COMMUNITY = "community", "社区"
        COUNTY = "county", "县（市、区）"
        DIVISION = "division", "全域"

    plan = models.ForeignKey(TargetPlan, models.CASCADE, related_name="targets", verbose_name="方案")
    code = models.SlugField("代码", max_length=40)
    position = models.PositiveSmallIntegerField("顺序")
    short_name = models.CharField("简称", max_length=30, help_text="表格和图中使用")
    name = models.CharField("名称", max_length=60)
    clause = models.CharField("条款", max_length=40)
    quotation = models.CharField("原文", max_length=300)
    level = models.CharField("测评单位", max_length=10, choices=Level)
    kind = models.CharField("社区类型", max_length=5, blank=True, help_text="urban、rural；空表示不限")
    minimum_population = models.PositiveIntegerField("人口下限", null=True, blank=True, help_text="含本数")
    urban_districts_only = models.BooleanField("仅市辖区", default=False)
    indicator = models.CharField("指标", max_length=40)
    counting_rule = models.JSONField(
        "计数规则", default=dict, blank=True, help_text="按维度列出计入的取值；未列的维度全部计入"
    )
    at_least = models.DecimalField("下限", max_digits=12, decimal_places=2, null=True, blank=True, help_text="含本数")
    at_most = models.DecimalField(
        "上限", max_digits=12, decimal_places=2, null=True, blank=True, help_text="超过的单独列示"
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
                condition=Q(is_scored=False) | Q(at_least__isnull=False),
                name="scored_target_has_bound",
                violation_error_message="参与测评的目标应有下限。",
            ),
            models.CheckConstraint(
                condition=Q(at_most__isnull=True) | Q(at_most__gte=F("at_least")),
                name="target_bounds_in_order",
                violation_error_message="上限不能低于下限。",
            ),
            models.CheckConstraint(
                condition=Q(level="community") | Q(kind="", minimum_population__isnull=True),
                name="target_kind_of_communities",
                violation_error_message="只有以社区为测评单位的目标才能限定社区类型和人口下限。",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse an indicator or counting rule that nobody can measure."""
        try:
            indicator = indicator_named(self.indicator)
            indicator.columns_counted(self.counting_rule)
        except PortalError as error:
            raise ValidationError(str(error)) from error
        if self.is_scored and indicator.is_of_divisions != (self.level != self.Level.COMMUNITY):
            raise ValidationError(f"“{indicator.name}”不能按“{self.get_level_display()}”测评。")
