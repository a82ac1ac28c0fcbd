"""Days of publication that have come: one row for each division and month, until its issue is out (docs/domain.md §7.8)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from changzhi_portal.scope import ScopedModel


class PublicationDay(ScopedModel):
    """The day on which an issue was to appear, made when it has come. `told_on` is when the bureau was last told what is missing."""

    division = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="publication_days", verbose_name="区划"
    )
    period = models.ForeignKey(
        "periods.ReportingPeriod", models.PROTECT, related_name="publication_days", verbose_name="统计月"
    )
    due_on = models.DateField("印发日")
    done_at = models.DateTimeField("印发时间", null=True, blank=True)
    told_on = models.DateField("最近提醒日期", null=True, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)

    class Meta:
        verbose_name = verbose_name_plural = "简报印发日"
        ordering = ("period__month", "division__code")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "period"],
                name="publication_day_once",
                violation_error_message="一个区划一个月只有一个印发日。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.division}{self.period}简报印发日"
