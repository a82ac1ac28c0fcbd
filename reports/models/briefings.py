"""Briefings (简报): editions of issues with the figures they were printed from, and their steps (docs/domain.md §7)."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.urls import reverse

from changelog.models.steps import FlowStep
from changzhi_portal.jobs import QueuedJob
from changzhi_portal.phrases import time_in_words
from changzhi_portal.records import Record
from changzhi_portal.rights import Viewer, has_right
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from periods.models import ReportingPeriod
from reports.corrections import Correction, corrections_from_json
from reports.models.settings import MASTHEAD
from reports.stored_figures import BriefingFigures, from_json

TEXT_LENGTH: Final = 2000  # characters of one text that people write


class BriefingQuerySet(ScopedQuerySet):
    """Queries of briefings."""

    def visible_to(self, user: Viewer) -> Self:
        """Filter for what the user may see: the bureau everything of its area, all others only what was issued."""
        found = super().visible_to(user)
        return found if has_right(user, "may_print_briefing") else found.published()

    def published(self) -> Self:
        """Filter for editions that have left the bureau: issued, also if withdrawn since."""
        return self.filter(stage__in=Briefing.PUBLISHED)

    def in_force(self) -> Self:
        """Filter for issued editions that were neither withdrawn nor corrected; a withdrawn correction makes none right again."""
        same = {name: models.OuterRef(name) for name in ("period", "division", "span")}
        later = Briefing.objects.published().filter(**same, edition__gt=models.OuterRef("edition"))
        return self.filter(~models.Exists(later), stage=Briefing.Stage.ISSUED)

    def newest_first(self) -> Self:
        """Load what a line of the list shows, the newest first."""
        return (
            self.select_related("period", "division", "printed_by")
            .defer("lists")
            .order_by("-period__month", "division__code", "-edition")
        )

    def editions_of(self, briefing: Briefing) -> Self:
        """Return every edition of an issue, the newest first."""
        return self.of_issue(briefing.period, briefing.division, briefing.span)

    def of_issue(self, period: ReportingPeriod, division: Any, span: str) -> Self:
        """Return every edition of the issue of a month, a division and a span, the newest first."""
        return self.filter(period=period, division=division, span=span).order_by("-edition")


class Briefing(Record, ScopedModel, QueuedJob):
    """One edition of one issue. `figures` is stored whole, so that page and files say the same for good.

    `stage` is how far people have got with it (`reports.flow`), `state` whether a worker is printing it. `period` is the
    last month of its span. `figures`, `lists` and `corrections` are JSON; `stored_figures` and `stored_corrections` return
    them as Python objects. `remarks` are texts of the bureau by the code of the target that they stand at.
    """

    class State(models.TextChoices):
        """queued → printing → printed | failed."""

        QUEUED = "queued", "等待生成"
        PRINTING = "printing", "正在生成"
        PRINTED = "printed", "已生成"
        FAILED = "failed", "生成失败"

    class Stage(models.TextChoices):
        """draft → reviewed → approved → issuing → issued → withdrawn; before it is issued also back."""

        DRAFT = "draft", "草稿"
        REVIEWED = "reviewed", "待签发"
        APPROVED = "approved", "待印发"
        ISSUING = "issuing", "正在印发"
        ISSUED = "issued", "已印发"
        WITHDRAWN = "withdrawn", "已撤回"

    class Span(models.TextChoices):
        """What an issue covers."""

        MONTH = "month", "月"
        QUARTER = "quarter", "季度"
        YEAR = "year", "年度"

    PUBLISHED: ClassVar[tuple[str, ...]] = (Stage.ISSUED, Stage.WITHDRAWN)

    period = models.ForeignKey(
        "periods.ReportingPeriod", models.PROTECT, related_name="briefings", verbose_name="统计月"
    )
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="briefings", verbose_name="区划")
    span = models.CharField("范围", max_length=7, choices=Span, default=Span.MONTH)
    issue_number = models.PositiveIntegerField("期号", help_text="当年第几期")
    total_number = models.PositiveIntegerField("总期号")
    edition = models.PositiveSmallIntegerField("版次", default=1, help_text="1为原版，以后为更正版")
    corrections: Any = models.JSONField("更正说明", default=list, blank=True)
    correction_reason = models.CharField("更正原因", max_length=500, blank=True)
    stage = models.CharField("编发进度", max_length=9, choices=Stage, default=Stage.DRAFT)
    issued_on = models.DateField("印发日期", null=True, blank=True)
    issued_at = models.DateTimeField("印发时间", null=True, blank=True)
    masthead = models.CharField("报头名称", max_length=12, default=MASTHEAD)
    office = models.CharField("编发单位", max_length=30, blank=True)
    seal_line = models.CharField("签发", max_length=30, blank=True)
    commentary = models.TextField("按语", blank=True)
    next_steps = models.TextField("下步工作", blank=True)
    remarks: Any = models.JSONField("分项说明", default=dict, blank=True)
    reported_to = models.CharField("报", max_length=200, blank=True)
    copied_to = models.CharField("送", max_length=200, blank=True)
    distributed_to = models.CharField("发", max_length=200, blank=True)
    copies = models.PositiveSmallIntegerField("印数", default=30)
    figures = models.JSONField("数据", default=dict, encoder=DjangoJSONEncoder)
    lists: Any = models.JSONField("名单", default=dict, blank=True, help_text="各项数字背后的全部社区")
    sources = models.CharField(
        "数据来源",
        max_length=120,
        blank=True,
        editable=False,
        help_text="测算时间、锁定、上报、设置（reports.sources）",
    )
    figures_sha256 = models.CharField("数据校验值", max_length=64, blank=True, editable=False)
    code = models.CharField("核验码", max_length=19, blank=True, editable=False)
    state = models.CharField("状态", max_length=10, choices=State, default=State.QUEUED)
    step = models.CharField("当前步骤", max_length=60, blank=True)
    message = models.CharField("结果说明", max_length=500, blank=True)
    trail_head = models.CharField(
        "审计封存",
        max_length=40,
        blank=True,
        editable=False,
        help_text="印发时审计记录的最新封存：序号和校验码的前16位",
    )
    text = models.TextField("全文", blank=True, editable=False, help_text="印发的文字，供查找")
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
                fields=["period", "division", "span", "edition"],
                name="briefing_once",
                violation_error_message="这个区划本期的简报已有这一版。",
            ),
            models.UniqueConstraint(
                fields=["division", "span", "total_number", "edition"],
                name="briefing_total_number_once",
                violation_error_message="总期号已被使用。",
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=~Q(code=""),
                name="briefing_code_once",
                violation_error_message="核验码已被使用。",
            ),
            models.CheckConstraint(
                condition=Q(edition=1, corrections=[], correction_reason="")
                | (Q(edition__gt=1) & ~Q(correction_reason="")),
                name="briefing_correction_says_why",
                violation_error_message="更正版应写明为什么更正，原版没有更正说明。",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["draft", "reviewed", "approved", "issuing", "issued", "withdrawn"])
                & Q(span__in=["month", "quarter", "year"]),
                name="briefing_stage_known",
                violation_error_message="没有这种编发进度。",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=["issued", "withdrawn"])
                | (
                    Q(issued_on__isnull=False, issued_at__isnull=False, state="printed")
                    & ~Q(figures_sha256="")
                    & ~Q(code="")
                ),
                name="briefing_issued_can_be_proven",
                violation_error_message="已印发的简报应有印发日期、数据校验值和核验码。",
            ),
            models.CheckConstraint(
                condition=~Q(stage="issuing") | Q(issued_on__isnull=False),
                name="briefing_issuing_has_day",
                violation_error_message="正在印发的简报应有印发日期。",
            ),
            models.CheckConstraint(
                condition=~Q(state="printed") | Q(printed_at__isnull=False),
                name="briefing_printed_has_time",
                violation_error_message="已生成的简报应有生成时间。",
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
        return f"{self.division}{self.span_name}简报{self.edition_name}"

    def get_absolute_url(self) -> str:
        """Return the address of the edition's page."""
        return reverse("reports:briefing", args=[self.ref])

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
        series = {self.Span.QUARTER: "季度专刊", self.Span.YEAR: "年度专刊"}.get(self.Span(self.span), "")
        return f"{series}第{self.issue_number}期（总第{self.total_number}期）{self.edition_name}"

    @property
    def edition_name(self) -> str:
        """Return 更正版, 第2次更正版; "" for the original."""
        if self.edition == 1:
            return ""
        return "更正版" if self.edition == 2 else f"第{self.edition - 1}次更正版"

    @property
    def span_name(self) -> str:
        """Return the month, quarter or year that it covers: 2018年6月, 2018年第2季度, 2018年."""
        return time_in_words(self.period.code, self.span)

    @property
    def listed_name(self) -> str:
        """Return what the list calls it beside its division: 2018年6月, 2018年6月更正版."""
        return f"{self.span_name}{self.edition_name}"

    @property
    def is_draft(self) -> bool:
        """Return whether its texts may be edited, and its figures follow the registers."""
        return self.stage == self.Stage.DRAFT

    @property
    def is_final(self) -> bool:
        """Return whether what is printed is the issue itself and not a draft."""
        return self.stage in {*self.PUBLISHED, self.Stage.ISSUING}

    @property
    def is_published(self) -> bool:
        """Return whether it has left the bureau, so that nothing of it changes any more."""
        return self.stage in self.PUBLISHED

    def file_of(self, kind: str) -> Any:
        """Return its file of a kind (`BriefingFile`), or None."""
        return next((file for file in self.files.all() if file.kind == kind), None)  # type: ignore[attr-defined]


class BriefingStep(FlowStep, ScopedModel):
    """One move of a briefing (`reports.flow`): the log of its way from draft to issue."""

    briefing = models.ForeignKey(Briefing, models.CASCADE, related_name="steps", verbose_name="简报")

    scope_lookups: ClassVar[tuple[str, ...]] = ("briefing__division",)

    class Meta(FlowStep.Meta):
        verbose_name = verbose_name_plural = "简报步骤"
        constraints = (
            models.CheckConstraint(
                condition=~Q(move__in=["send_back", "withdraw"], note=""),
                name="briefing_step_says_why",
                violation_error_message="退回和撤回应写明原因。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.briefing} {self.move}"
