"""A county's monthly report (上报): one per county and period (domain.md §6)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from changzhi_portal.scope import ScopedModel


class Submission(ScopedModel):
    """Where one county stands with one month."""

    class State(models.TextChoices):
        """not started → submitted → (returned → submitted …) → accepted."""

        NOT_STARTED = "not_started", "未上报"
        SUBMITTED = "submitted", "已上报"
        RETURNED = "returned", "已退回"
        ACCEPTED = "accepted", "已接收"

    period = models.ForeignKey(
        "periods.ReportingPeriod", models.CASCADE, related_name="submissions", verbose_name="统计月"
    )
    county = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="submissions", verbose_name="县（市、区）"
    )
    state = models.CharField("状态", max_length=12, choices=State, default=State.NOT_STARTED)
    is_late = models.BooleanField("迟报", default=False)
    explanations = models.JSONField("情况说明", default=dict, blank=True)
    return_note = models.CharField("退回意见", max_length=500, blank=True)
    submitted_at = models.DateTimeField("上报时间", null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上报人"
    )
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审核人"
    )

    scope_lookups: ClassVar[tuple[str, ...]] = ("county",)

    class Meta:
        verbose_name = verbose_name_plural = "上报"
        ordering = ("-period__month", "county__code")
        constraints = (
            models.UniqueConstraint(
                fields=["period", "county"], name="submission_once", violation_error_message="这个县本月已有上报记录。"
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, submitted_by__isnull=True)
                | Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="submission_submitted_at_and_by",
                violation_error_message="上报时间和上报人应同时填写。",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
                name="submission_reviewed_at_and_by",
                violation_error_message="审核时间和审核人应同时填写。",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned", return_note=""),
                name="submission_returned_has_note",
                violation_error_message="退回应写明意见。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.county} {self.period}"
