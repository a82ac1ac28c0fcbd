"""Computations of a month's figures, and the changes of the registers that the figures reflect."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Q

from changelog.models import ChangeSet
from changzhi_portal.jobs import Job
from periods.models import ReportingPeriod
from targets.figures import declared_versions


class ComputationQuerySet(models.QuerySet):
    """Queries of computations."""

    def of_period(self, period: ReportingPeriod) -> Computation | None:
        """Return the computation of a period's figures, with `is_stale`; None if it was never measured."""
        return self.filter(period=period).with_staleness().first()

    def is_up_to_date(self, period: ReportingPeriod) -> bool:
        """Return whether a period's figures are finished, measured as declared now, and reflect every change."""
        return (
            self.filter(~Exists(unconsumed_changes(OuterRef("period"))), period=period).measured_as_declared().exists()
        )

    def measured_as_declared(self) -> Self:
        """Filter for finished computations whose measured figures and versions are exactly those declared now."""
        return self.filter(state=Computation.State.FINISHED, measured=declared_versions())

    def stamp(self) -> str:
        """Return a text that differs after each computation that finishes, as a key of what is kept of its figures."""
        finished = self.order_by().aggregate(newest=Max("finished_at"), number=Count("pk"))
        newest = finished["newest"].timestamp() if finished["newest"] else ""
        return f"{finished['number']}-{newest}"

    def with_staleness(self) -> Self:
        """Annotate `is_stale`: whether registers have changed since, so that computing again may give other figures."""
        return self.annotate(is_stale=Exists(unconsumed_changes(OuterRef("period"))))


def unconsumed_changes(period: Any) -> models.QuerySet[ChangeSet]:
    """Return the change sets that the measures of `period` do not reflect; `period` may be an OuterRef in a subquery."""
    within = OuterRef(period) if isinstance(period, OuterRef) else period
    consumed = ConsumedChange.objects.filter(period=within, change_set=OuterRef("pk"))
    return ChangeSet.objects.order_by().filter(~Exists(consumed), affects_figures=True)


class Computation(Job):
    """The state of measuring a period, and when its current figures were computed.

    `measured` is the version of those figures and of the engine's rules by name (`targets.figures.declared_versions`).
    """

    class State(models.TextChoices):
        """States of a computation."""

        RUNNING = "running", "计算中"
        FINISHED = "finished", "已完成"
        FAILED = "failed", "出错"

    period = models.ForeignKey(
        "periods.ReportingPeriod", models.CASCADE, related_name="computations", verbose_name="统计月"
    )
    plan = models.ForeignKey("targets.TargetPlan", models.PROTECT, verbose_name="方案")
    state = models.CharField("状态", max_length=10, choices=State)
    started_at = models.DateTimeField("开始时间")
    finished_at = models.DateTimeField(
        "完成时间", null=True, blank=True, help_text="现有数据算出的时间；重新计算时保留到算出新数据为止"
    )

    measured = models.JSONField(
        "统计口径", default=dict, blank=True, help_text="现有数据测算了哪些指标，各按哪一版口径"
    )

    objects = ComputationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "测量"
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
    """A change set that a period's measures reflect. A change set without such a row makes the period stale."""

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
