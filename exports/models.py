"""Exports that a worker makes."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from changzhi_portal.jobs import QueuedJob
from changzhi_portal.records import new_ref
from changzhi_portal.rights import Viewer
from changzhi_portal.scope import scope_path_of


class ListExportQuerySet(models.QuerySet):
    """Queries of exports."""

    def visible_to(self, user: Viewer) -> Self:
        """Filter for the exports that a user has asked for: nobody else sees them. None for a user without a division."""
        return self.none() if scope_path_of(user) is None or user is None else self.filter(asked_by=user.pk)

    def unfinished(self) -> Self:
        """Filter for exports that wait or are being made."""
        return self.filter(state__in=(ListExport.State.QUEUED, ListExport.State.MAKING))


class ListExport(QueuedJob):
    """A list as one person sees it, as a file that a worker makes because it has many rows.

    `path` and `query` are the address of the list. What the person may see is asked when the file is made, and again
    when it is downloaded: `made_within` and `made_as` say which area and role it was made for.
    """

    class State(models.TextChoices):
        """queued → making → ready → removed; or failed."""

        QUEUED = "queued", "正在排队"
        MAKING = "making", "正在生成"
        READY = "ready", "已生成"
        FAILED = "failed", "没有生成"
        REMOVED = "removed", "已过期删除"

    class Format(models.TextChoices):
        """The formats of files, by the ends of their names (`exports.formats`)."""

        XLSX = "xlsx", "Excel 表格"
        CSV = "csv", "CSV 文本"
        JSON = "json", "JSON 数据"

    ref = models.CharField("编号", max_length=13, unique=True, editable=False, default=new_ref)
    title = models.CharField("列表", max_length=100)
    path = models.CharField("地址", max_length=200, help_text="列表页在本平台内的地址")
    query = models.CharField("条件", max_length=4_000, blank=True, help_text="网址中的条件、排序和列")
    file_format = models.CharField("格式", max_length=4, choices=Format)
    state = models.CharField("状态", max_length=7, choices=State, default=State.QUEUED)
    message = models.CharField("没有生成的原因", max_length=300, blank=True)
    rows_total = models.PositiveIntegerField("条数", help_text="开始时数到的")
    rows_done = models.PositiveIntegerField("已写条数", default=0)
    file = models.CharField("存放的名称", max_length=60, blank=True)
    size = models.PositiveBigIntegerField("大小（字节）", null=True, blank=True)
    sha256 = models.CharField("校验值", max_length=64, blank=True)
    made_within = models.CharField("生成时的辖区", max_length=100, blank=True)
    made_as = models.CharField("生成时的角色", max_length=30, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="list_exports", verbose_name="导出人"
    )
    asked_at = models.DateTimeField("要求导出的时间", auto_now_add=True)
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    objects = ListExportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "后台导出"
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(state="ready") | ~Q(file="") & Q(finished_at__isnull=False),
                name="list_export_ready_has_file",
                violation_error_message="已生成的导出应有文件和完成时间。",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(message=""),
                name="list_export_failed_says_why",
                violation_error_message="没有生成的导出应写明原因。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("queued", "making")) | Q(heartbeat_at__isnull=False),
                name="list_export_waiting_has_time",
                violation_error_message="排队或者正在生成的导出应有时间。",
            ),
        )
        indexes = (
            models.Index(fields=["asked_by", "state"], name="list_export_of_person"),
            models.Index(
                fields=["heartbeat_at"], condition=Q(state__in=("queued", "making")), name="list_export_to_make"
            ),
        )

    def __str__(self) -> str:
        return f"{self.title}（{self.get_file_format_display()}）"

    def get_absolute_url(self) -> str:
        """Return the address of the page with its progress, or its file."""
        return reverse("exports:export", args=[self.ref])

    @property
    def is_in_progress(self) -> bool:
        """Return whether the export waits or is being made."""
        return self.state in {self.State.QUEUED, self.State.MAKING}
