"""Briefings (简报): one issue per period and division, with the figures it was printed from (docs/domain.md §7)."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from changzhi_portal.jobs import QueuedJob
from changzhi_portal.records import new_ref
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from reports.corrections import Correction, corrections_from_json
from reports.stored_figures import BriefingFigures, from_json


class BriefingQuerySet(ScopedQuerySet):
    """Queries of briefings."""

    def newest_first(self) -> Self:
        """Load what a line of the list shows, the newest first."""
        return self.select_related("period", "division", "printed_by").order_by(
            "-period__month", "division__code", "-edition"
        )

    def editions_of(self, briefing: Briefing) -> Self:
        """Return every edition of an issue, the newest first."""
        return self.filter(period=briefing.period_id, division=briefing.division_id).order_by("-edition")


class Briefing(ScopedModel, QueuedJob):
    """One issue. `figures` is stored whole, so that printing it again gives the same numbers.

    `figures` and `corrections` are JSON; `stored_figures` and `stored_corrections` return them as Python objects.
    """

    class State(models.TextChoices):
        """queued → printing → printed | failed."""

        QUEUED = "queued", "等待生成"
        PRINTING = "printing", "正在生成"
        PRINTED = "printed", "已生成"
        FAILED = "failed", "生成失败"

    ref = models.CharField("编号", max_length=13, unique=True, editable=False, default=new_ref)
    period = models.ForeignKey(
        "periods.ReportingPeriod", models.PROTECT, related_name="briefings", verbose_name="统计月"
    )
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="briefings", verbose_name="区划")
    issue_number = models.PositiveIntegerField("期号", help_text="当年第几期")
    total_number = models.PositiveIntegerField("总期号")
    edition = models.PositiveSmallIntegerField("版次", default=1, help_text="1为原版，以后为更正版")
    corrections: Any = models.JSONField("更正说明", default=list, blank=True)
    issued_on = models.DateField("印发日期")
    commentary = models.TextField("按语", blank=True)
    next_steps = models.TextField("下步工作", blank=True)
    reported_to = models.CharField("报", max_length=200, blank=True)
    copied_to = models.CharField("送", max_length=200, blank=True)
    distributed_to = models.CharField("发", max_length=200, blank=True)
    copies = models.PositiveSmallIntegerField("印数", default=30)
    figures = models.JSONField("数据", default=dict, encoder=DjangoJSONEncoder)
    state = models.CharField("状态", max_length=10, choices=State, default=State.QUEUED)
    step = models.CharField("当前步骤", max_length=60, blank=True)
    message = models.CharField("结果说明", max_length=500, blank=True)
    trail_head = models.CharField(
        "审计封存",
        max_length=40,
        blank=True,
        editable=False,
        help_text="印出时审计记录的最新封存：序号和校验码的前16位",
    )
    pdf_name = models.CharField("PDF文件", max_length=100, blank=True, help_text="MEDIA_ROOT 下的文件")
    printed_at = models.DateTimeField("生成时间", null=True, blank=True)
    printed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="生成人"
    )

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = BriefingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "简报"
        ordering = ("-period__month", "division__code")
        constraints = (
            models.UniqueConstraint(
                fields=["period", "division", "edition"],
                name="briefing_once",
                violation_error_message="这个区划本月的简报已有这一版。",
            ),
            models.UniqueConstraint(
                fields=["division", "total_number", "edition"],
                name="briefing_total_number_once",
                violation_error_message="总期号已被使用。",
            ),
            models.CheckConstraint(
                condition=Q(edition=1, corrections=[]) | (Q(edition__gt=1) & ~Q(corrections=[])),
                name="briefing_correction_says_what",
                violation_error_message="更正版应写明更正了什么，原版没有更正说明。",
            ),
            models.CheckConstraint(
                condition=~Q(state="printed") | (Q(printed_at__isnull=False) & ~Q(pdf_name="")),
                name="briefing_printed_has_file",
                violation_error_message="已生成的简报应有PDF文件。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("queued", "printing")) | Q(heartbeat_at__isnull=False),
                name="briefing_at_work_has_heartbeat",
                violation_error_message="等待或正在生成的简报应有心跳。",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed", message=""),
                name="briefing_failed_says_why",
                violation_error_message="生成失败应写明原因。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.division}{self.period}简报{self.edition_name}"

    @property
    def stored_figures(self) -> BriefingFigures | None:
        """Return the figures that the issue was printed from; None before it is printed for the first time.

        Reads them from JSON of any version, each time. Raises UnavailableError for figures of a newer release.
        """
        return from_json(self.figures) if self.figures else None

    @property
    def stored_corrections(self) -> tuple[Correction, ...]:
        """Return what a corrected edition corrects; () for the original."""
        return corrections_from_json(self.corrections)

    @property
    def is_in_progress(self) -> bool:
        """Return whether it is being printed, so that the page polls its progress."""
        return self.state in {self.State.QUEUED, self.State.PRINTING}

    @property
    def number_line(self) -> str:
        """Return the issue's number below the masthead: 第6期（总第8期）, with the name of a corrected edition."""
        return f"第{self.issue_number}期（总第{self.total_number}期）{self.edition_name}"

    @property
    def edition_name(self) -> str:
        """Return 更正版, 第2次更正版; "" for the original."""
        if self.edition == 1:
            return ""
        return "更正版" if self.edition == 2 else f"第{self.edition - 1}次更正版"
