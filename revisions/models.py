"""Differences between a locked month and a new computation of it (锁定后变动; docs/domain.md §6).

The worker computes them; they are stored beside the frozen figures of the month, which stay as they are.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce

from changzhi_portal.jobs import Job
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from communities.models import Division
from periods.models import ReportingPeriod
from targets.models.computation import unconsumed_changes

_LEVEL_ORDER = Case(
    *[When(division__level=level, then=Value(number)) for number, level in enumerate(Division.Level.values)],
    output_field=IntegerField(),
)


def number_of_later_changes() -> models.expressions.Combinable:
    """Return an expression over comparisons: the number of change sets that the month's frozen figures do not reflect.

    Consumed changes of a locked month stay and change sets are never deleted, so an equal number means equal change sets.
    """
    later = unconsumed_changes(OuterRef("period"))
    counted = later.annotate(group=Value(1)).values("group").annotate(number=Count("pk")).values("number")
    return Coalesce(models.Subquery(counted), 0)


class LockedComparisonQuerySet(models.QuerySet):
    """Queries of comparisons."""

    def of_period(self, period: ReportingPeriod) -> LockedComparison | None:
        """Return the comparison of a locked month, with `is_stale`; None without one."""
        return self.filter(period=period).with_staleness().first()

    def delete_if_reopened(self, key: int) -> None:
        """Delete the comparison with this key if its month is not locked any more; nothing would compare it again."""
        self.filter(pk=key).exclude(period__in=ReportingPeriod.objects.locked()).delete()

    def with_staleness(self) -> Self:
        """Annotate `later_changes` and `is_stale`: whether registers have changed since the comparison."""
        counted = self.annotate(later_changes=number_of_later_changes())
        return counted.annotate(
            is_stale=Case(When(changes_seen=F("later_changes"), then=Value(False)), default=Value(True))
        )


class LockedComparison(Job):
    """The last comparison of a locked month with a new computation. Deleted when the month is reopened."""

    class State(models.TextChoices):
        """States of a comparison."""

        RUNNING = "running", "核对中"
        FINISHED = "finished", "已核对"
        FAILED = "failed", "出错"

    period = models.OneToOneField(
        "periods.ReportingPeriod", models.CASCADE, related_name="comparison", verbose_name="统计月"
    )
    state = models.CharField("状态", max_length=10, choices=State)
    started_at = models.DateTimeField("开始时间")
    finished_at = models.DateTimeField(
        "完成时间", null=True, blank=True, help_text="现有结果的核对时间；重新核对时保留到有新结果为止"
    )
    changes_seen = models.PositiveIntegerField("已核对的变更集数", default=0)
    not_compared: Any = models.JSONField(
        "未比较的指标", default=list, blank=True, help_text="锁定后新增或修改统计口径的指标"
    )

    objects = LockedComparisonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "锁定后核对"
        constraints = (
            models.CheckConstraint(
                condition=~Q(state="finished") | Q(finished_at__isnull=False),
                name="comparison_finished_has_time",
                violation_error_message="已完成的核对应有完成时间。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.period} {self.get_state_display()}"


class LockedChangeQuerySet(ScopedQuerySet):
    """Queries of changed units."""

    def of_period(self, period: ReportingPeriod) -> Self:
        """Filter for the units of one locked month."""
        return self.filter(comparison__period=period)

    def communities(self) -> Self:
        """Filter for communities, by code."""
        return self.filter(community__isnull=False).select_related("community", "division__parent").order_by("code")

    def divisions(self) -> Self:
        """Filter for divisions: the city, then counties, then towns."""
        divisions = self.filter(community__isnull=True).select_related("division__parent")
        return divisions.order_by(_LEVEL_ORDER, "code")


class LockedChange(ScopedModel):
    """A community or division whose measure of a locked month would differ if computed again.

    `columns`: for each changed column of the measure `name`, `before` (frozen) and `after`. `verdicts`: for each target
    `code`, `name`, `unit`, and `before` and `after`, each with `verdict`, `value` and `missing`, or null if the target
    does not judge the unit. `causes`: the change records since the lock that caused the difference.
    """

    class Kind(models.TextChoices):
        """Kinds of differences: measured before and after, only after, only before."""

        CHANGED = "changed", "数据变动"
        ADDED = "added", "新列入"
        GONE = "gone", "不再列入"

    comparison = models.ForeignKey(LockedComparison, models.CASCADE, related_name="changes", verbose_name="核对")
    kind = models.CharField("变动", max_length=8, choices=Kind)
    community = models.ForeignKey(
        "communities.Community", models.CASCADE, null=True, blank=True, related_name="+", verbose_name="社区"
    )
    division = models.ForeignKey(
        "communities.Division",
        models.PROTECT,
        related_name="+",
        verbose_name="区划",
        help_text="社区为当月所属街道（乡镇），以锁定的为准",
    )
    code = models.CharField("代码", max_length=12)
    name = models.CharField("名称", max_length=60)
    columns: Any = models.JSONField("数据", default=list)
    verdicts: Any = models.JSONField("判定", default=list)
    causes = models.ManyToManyField("changelog.ChangeRecord", related_name="+", verbose_name="依据的变更记录")

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = LockedChangeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "锁定后变动"
        constraints = (
            models.UniqueConstraint(
                fields=["comparison", "community"],
                name="locked_change_once_per_community",
                violation_error_message="这个社区的变动已列出。",
            ),
            models.UniqueConstraint(
                fields=["comparison", "division"],
                condition=Q(community__isnull=True),
                name="locked_change_once_per_division",
                violation_error_message="这个区划的变动已列出。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.get_kind_display()}"


class LockedResultChangeQuerySet(ScopedQuerySet):
    """Queries of changed results."""

    def of_period(self, period: ReportingPeriod) -> Self:
        """Filter for one locked month, in the plan's order; for each target the city first, then counties and towns."""
        results = self.filter(comparison__period=period).select_related("division__parent")
        return results.order_by("position", _LEVEL_ORDER, "division__code")


class LockedResultChange(ScopedModel):
    """A result of a locked month that would differ if computed again.

    `before` and `after` are the columns of TargetResult; null if there is no result.
    """

    comparison = models.ForeignKey(LockedComparison, models.CASCADE, related_name="results", verbose_name="核对")
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="+", verbose_name="区划")
    target_code = models.CharField("目标代码", max_length=40)
    target_name = models.CharField("目标", max_length=30)
    position = models.PositiveSmallIntegerField("顺序")
    unit = models.CharField("计量单位", max_length=10)
    before: Any = models.JSONField("锁定的结果", null=True)
    after: Any = models.JSONField("重算的结果", null=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = LockedResultChangeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "锁定后结果变动"
        constraints = (
            models.UniqueConstraint(
                fields=["comparison", "target_code", "division"],
                name="locked_result_change_once",
                violation_error_message="这个区划这项目标的变动已列出。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.division} {self.target_name}"
