"""What a month's registers amount to (measures) and how that stands against the targets (results).

Measures hold plain counts split by everything a counting rule may ask for (管理方式, certificate level, …), so
that judging, or previewing another rule, is arithmetic over one row and needs no second look at the registers.
A figure is NULL when it is unknown: its county has not reported that register yet (domain.md §5).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from changzhi_portal.scope import ScopedModel


class Computation(models.Model):
    """One measuring of one period. The newest finished one is what pages show."""

    class State(models.TextChoices):
        """Where it stands."""

        RUNNING = "running", "计算中"
        FINISHED = "finished", "已完成"
        FAILED = "failed", "出错"

    period = models.ForeignKey(
        "periods.ReportingPeriod", models.CASCADE, related_name="computations", verbose_name="统计月"
    )
    plan = models.ForeignKey("targets.TargetPlan", models.PROTECT, verbose_name="方案")
    state = models.CharField("状态", max_length=10, choices=State)
    started_at = models.DateTimeField("开始时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "测量"
        get_latest_by = "id"
        constraints = (
            models.UniqueConstraint(
                fields=["period"], name="computation_once_per_period", violation_error_message="这个月已有测量。"
            ),
            models.CheckConstraint(
                condition=~Q(state="finished") | Q(finished_at__isnull=False),
                name="computation_finished_has_time",
                violation_error_message="已完成的测量应有完成时间。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.period} {self.get_state_display()}"


class ConsumedChange(models.Model):
    """A change set that a period's measures already reflect; one that is missing here makes the period stale."""

    period = models.ForeignKey("periods.ReportingPeriod", models.CASCADE, related_name="+", verbose_name="统计月")
    change_set = models.ForeignKey("changelog.ChangeSet", models.CASCADE, related_name="+", verbose_name="变更集")

    class Meta:
        verbose_name = verbose_name_plural = "已计入的变更"
        constraints = (
            models.UniqueConstraint(
                fields=["period", "change_set"], name="change_consumed_once", violation_error_message="这一变更已计入。"
            ),
        )

    def __str__(self) -> str:
        return f"{self.period} {self.change_set_id}"


class CommunityMeasure(ScopedModel):
    """One scored community in one month, with the town, county and kind of that month."""

    period = models.ForeignKey(
        "periods.ReportingPeriod", models.CASCADE, related_name="measures", verbose_name="统计月"
    )
    community = models.ForeignKey("communities.Community", models.PROTECT, related_name="measures", verbose_name="社区")
    county = models.ForeignKey("communities.Division", models.PROTECT, related_name="+", verbose_name="县（市、区）")
    town = models.ForeignKey("communities.Division", models.PROTECT, related_name="+", verbose_name="街道（乡镇）")
    kind = models.CharField("类型", max_length=5)
    households = models.PositiveIntegerField("户数", null=True)
    residents = models.PositiveIntegerField("常住人口", null=True)
    facility_area = models.DecimalField("综合服务设施面积（㎡）", max_digits=12, decimal_places=2, null=True)
    organizations_registered = models.PositiveIntegerField("登记组织", null=True)
    organizations_filed = models.PositiveIntegerField("街道备案组织", null=True)
    organizations_guided = models.PositiveIntegerField("社区指导组织", null=True)
    workers = models.PositiveIntegerField("在岗社会工作者", null=True)
    community_workers = models.PositiveIntegerField("社区工作者", null=True)
    professionals_degree_only = models.PositiveIntegerField("仅有专业学历", null=True)
    professionals_assistant = models.PositiveIntegerField("助理社会工作师", null=True)
    professionals_social_worker = models.PositiveIntegerField("社会工作师", null=True)
    professionals_senior = models.PositiveIntegerField("高级社会工作师", null=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("town",)

    class Meta:
        verbose_name = verbose_name_plural = "月度测量"
        constraints = (
            models.UniqueConstraint(
                fields=["period", "community"], name="measure_once", violation_error_message="这个社区本月已有测量。"
            ),
        )
        indexes = (models.Index(fields=["period", "county"], name="measure_by_county"),)

    def __str__(self) -> str:
        return f"{self.community} {self.period}"


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

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)

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


class TargetResult(ScopedModel):
    """How many units of one division meet one target in one month (domain.md §5)."""

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

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)

    class Meta:
        verbose_name = verbose_name_plural = "目标结果"
        constraints = (
            models.UniqueConstraint(
                fields=["period", "target", "division"],
                name="result_once",
                violation_error_message="这个区划本月的这项目标已有结果。",
            ),
            models.CheckConstraint(
                condition=Q(judged=models.F("met") + models.F("over") + models.F("unmet") + models.F("unknown")),
                name="result_adds_up",
                violation_error_message="参评数应等于达标、超出、未达标、未知之和。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.target} {self.division} {self.period}"
