"""Uploaded files, their staged rows and the mappings an office has taught (docs/architecture.md, decision 8)."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Max, Q
from django.db.models.functions import Coalesce

from changzhi_portal.jobs import Job
from changzhi_portal.records import new_ref
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from uploads.progress import Progress, read_progress


class UploadBatchQuerySet(ScopedQuerySet):
    """Reads of batches."""

    def newest_first(self) -> Self:
        """For the list page, with everything a line shows."""
        return self.select_related("division", "period", "uploaded_by").order_by("-id")

    def reported(self) -> Self:
        """The batches whose rows stand in the registers: committed, or checked and found to say the same."""
        states = UploadBatch.State
        says_the_same = Q(state=states.CHECKED, rows__gt=0, errors=0, new=0, changed=0)
        return self.filter(Q(state=states.COMMITTED) | says_the_same)

    def unfinished(self) -> Self:
        """The batches that are being worked on, or wait for somebody's decision."""
        states = UploadBatch.State
        at_work = (states.QUEUED, states.CHECKING, states.COMMIT_QUEUED, states.COMMITTING)
        to_decide = Q(state=states.CHECKED) & (Q(errors__gt=0) | Q(new__gt=0) | Q(changed__gt=0))
        return self.filter(Q(state__in=at_work) | to_decide)

    def news_for(self, user: Any) -> Self:
        """The uploads of `user` whose work has ended since the user last looked at them, newest first."""
        ended = self.filter(uploaded_by=user, seen_at__isnull=True).exclude(state__in=UploadBatch.AT_WORK)
        return ended.order_by("-id")

    def newest_of_each_register(self) -> dict[str, UploadBatch]:
        """The newest batch per register name."""
        newest = self.order_by().values("register").annotate(newest=Max("pk")).values("newest")
        return {batch.register: batch for batch in self.model.objects.filter(pk__in=newest)}

    def newest_by_office(self) -> dict[tuple[str, str], datetime.datetime]:
        """When each office (by its division's path) last committed each register, or brought in the same again."""
        moment = Max(Coalesce("committed_at", "uploaded_at"))
        rows = self.order_by().values("division__path", "register").annotate(moment=moment)
        return {(row["division__path"], row["register"]): row["moment"] for row in rows}

    def same_file(self, batch: UploadBatch) -> Self:
        """Earlier committed uploads of the very same file by the same office."""
        return self.filter(
            sha256=batch.sha256, register=batch.register, division=batch.division, state=UploadBatch.State.COMMITTED
        ).exclude(pk=batch.pk)

    def committed_before(self, batch: UploadBatch) -> UploadBatch | None:
        """The newest committed upload of the very same file by the same office."""
        return self.same_file(batch).order_by("-committed_at").first()


class UploadBatch(ScopedModel, Job):
    """One uploaded file for one office, register and month. Workers check, commit and undo it (`uploads.jobs`)."""

    class State(models.TextChoices):
        """queued → checking → checked | rejected; → commit_queued → committing → committed; → undo_queued … → undone."""

        QUEUED = "queued", "等待检查"
        CHECKING = "checking", "正在检查"
        CHECKED = "checked", "待确认"
        REJECTED = "rejected", "文件不能用"
        COMMIT_QUEUED = "commit_queued", "等待入库"
        COMMITTING = "committing", "正在入库"
        COMMITTED = "committed", "已入库"
        UNDO_QUEUED = "undo_queued", "等待撤销"
        UNDOING = "undoing", "正在撤销"
        UNDONE = "undone", "已撤销"
        FAILED = "failed", "系统出错"

    # The states in which it waits for a worker, and those in which it waits or a worker works on it.
    WAITING: ClassVar[frozenset[str]] = frozenset({State.QUEUED, State.COMMIT_QUEUED, State.UNDO_QUEUED})
    AT_WORK: ClassVar[frozenset[str]] = WAITING | {State.CHECKING, State.COMMITTING, State.UNDOING}

    class CommitMode(models.TextChoices):
        """Everything or nothing, or the rows without an error."""

        ALL = "all", "全部入库（有错误则都不入库）"
        GOOD = "good", "只入库没有错误的行"

    ref = models.CharField("编号", max_length=13, unique=True, editable=False, default=new_ref)
    register = models.CharField("登记表", max_length=20)
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="+", verbose_name="填报单位")
    period = models.ForeignKey("periods.ReportingPeriod", models.PROTECT, null=True, blank=True, verbose_name="统计月")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="batches", verbose_name="上传人"
    )
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)
    file_name = models.CharField("文件名", max_length=255)
    file_size = models.PositiveBigIntegerField("文件大小（字节）")
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    stored_as = models.CharField(
        "加密原件", max_length=100, blank=True, help_text="MEDIA_ROOT 下的加密文件；清除后为空"
    )
    state = models.CharField("状态", max_length=16, choices=State, default=State.QUEUED, db_index=True)
    locked_reason = models.CharField("修改已锁定月份的原因", max_length=100, blank=True)
    commit_mode = models.CharField("入库方式", max_length=4, choices=CommitMode, blank=True)
    rows = models.PositiveIntegerField("数据行", default=0)
    new = models.PositiveIntegerField("新增", default=0)
    changed = models.PositiveIntegerField("修改", default=0)
    unchanged = models.PositiveIntegerField("未变", default=0)
    skipped = models.PositiveIntegerField("跳过", default=0)
    errors = models.PositiveIntegerField("有错误的行", default=0)
    warnings = models.PositiveIntegerField("有提醒的行", default=0)
    problems = models.JSONField("文件和表头的问题", default=list, encoder=DjangoJSONEncoder)
    mapping = models.JSONField("列的对应", default=list, encoder=DjangoJSONEncoder)
    read_as = models.CharField(
        "读法", max_length=64, blank=True, help_text="读取规则和列对应的摘要；两次相同，读出的内容就相同"
    )
    month_in_file = models.DateField("文件写的月份", null=True, blank=True, help_text="当月1日")
    unmentioned = models.PositiveIntegerField("文件中没有的记录", default=0)
    problem_counts = models.JSONField("各种问题的行数", default=dict, help_text="问题代码 → 行数")
    corrections = models.JSONField(
        "页面上改的单元格", default=list, encoder=DjangoJSONEncoder, help_text="个人信息以密文保存"
    )
    needs_reading = models.BooleanField("下次检查要重读文件", default=True)
    seen_at = models.DateTimeField("上传人看过结果的时间", null=True, blank=True)
    message = models.CharField("结果说明", max_length=500, blank=True)
    committed_at = models.DateTimeField("入库时间", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认入库的人"
    )
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="撤销人"
    )
    undo_reversed = models.PositiveIntegerField("撤销的行", default=0)
    undo_kept = models.PositiveIntegerField("撤销时保留的行", default=0)
    undo_failed = models.PositiveIntegerField("未能撤销的行", default=0)

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = UploadBatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "上传批次"
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(state="committed") | Q(committed_at__isnull=False),
                name="batch_committed_has_time",
                violation_error_message="已入库的批次应有入库时间。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("checking", "committing", "undoing")) | Q(heartbeat_at__isnull=False),
                name="batch_at_work_has_heartbeat",
                violation_error_message="处理中的批次应有心跳。",
            ),
        )
        indexes = (
            models.Index(fields=["uploaded_by"], condition=Q(seen_at__isnull=True), name="upload_batch_not_seen"),
        )

    def __str__(self) -> str:
        return f"{self.file_name}（{self.get_state_display()}）"

    @property
    def progress(self) -> Progress:
        """How far the worker is, for the page; nothing before it starts, though an earlier step may have left word."""
        return Progress() if self.state in self.WAITING else read_progress(self.ref)

    @property
    def is_at_work(self) -> bool:
        """Whether the page should keep asking for progress."""
        return self.state in self.AT_WORK

    def may_be_handled_by(self, user: Any) -> bool:
        """Whether a user may decide about it: one of the own area, in a role that uploads."""
        return user.role.may_upload and UploadBatch.objects.visible_to(user).filter(pk=self.pk).exists()

    def may_be_committed_by(self, user: Any) -> bool:
        """Whether a user may bring it in; what alters a locked month is the bureau's (docs/spreadsheets.md §3.4)."""
        is_allowed = user.role.may_alter_locked_months or not self.locked_reason
        return is_allowed and self.may_be_handled_by(user)

    @property
    def check_mark(self) -> str:
        """A sign of the check that the preview comes from: every new check begins with another heartbeat."""
        return "" if self.heartbeat_at is None else self.heartbeat_at.isoformat()

    @property
    def can_be_checked_again(self) -> bool:
        """Whether its columns may be mapped anew: checked or refused, and nothing written."""
        return self.state in {self.State.CHECKED, self.State.REJECTED}

    @property
    def can_commit_all(self) -> bool:
        """Whether everything can be committed: checked, without an error, and something to write."""
        return self.state == self.State.CHECKED and not self.errors and bool(self.new + self.changed)

    @property
    def can_commit_good(self) -> bool:
        """Whether leaving the bad rows out makes sense."""
        return self.state == self.State.CHECKED and bool(self.errors) and bool(self.new + self.changed)


class UploadRow(ScopedModel):
    """One data row of a batch, cleaned and compared. Personal values stand in it as ciphertext."""

    class Outcome(models.TextChoices):
        """What committing the row would do."""

        NEW = "new", "新增"
        CHANGED = "changed", "修改"
        UNCHANGED = "unchanged", "未变"
        ERROR = "error", "有错误"

    class UndoOutcome(models.TextChoices):
        """How a written row ended when its batch was undone."""

        REVERSED = "reversed", "已撤销"
        KEPT = "kept", "保留"
        FAILED = "failed", "未能撤销"

    batch = models.ForeignKey(UploadBatch, models.CASCADE, related_name="staged_rows", verbose_name="批次")
    position = models.PositiveIntegerField("序")
    sheet = models.CharField("工作表", max_length=100, blank=True)
    row_number = models.PositiveIntegerField("Excel行号")
    label = models.CharField("记录", max_length=200, blank=True)
    outcome = models.CharField("结果", max_length=10, choices=Outcome)
    has_warning = models.BooleanField("有提醒", default=False)
    record_id = models.BigIntegerField("对应的现有记录", null=True, blank=True, help_text="登记表中的主键")
    values = models.JSONField("整理后的值", default=dict, encoder=DjangoJSONEncoder)
    raw = models.JSONField("有问题的单元格原文", default=dict, help_text="个人信息以密文保存")
    changes = models.JSONField("改动", default=list, encoder=DjangoJSONEncoder)
    problems = models.JSONField("问题", default=list, encoder=DjangoJSONEncoder)
    codes = models.CharField("问题代码", max_length=500, blank=True, help_text="前后各有一个空格，供筛选")
    undo_outcome = models.CharField("撤销结果", max_length=10, choices=UndoOutcome, blank=True)
    undo_note = models.CharField("撤销说明", max_length=200, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("batch__division",)

    class Meta:
        verbose_name = verbose_name_plural = "上传行"
        ordering = ("batch", "position")
        constraints = (
            models.UniqueConstraint(
                fields=["batch", "position"], name="upload_row_once", violation_error_message="批次中已有这一行。"
            ),
        )
        indexes = (
            models.Index(fields=["batch", "outcome", "position"], name="upload_row_by_outcome"),
            models.Index(fields=["batch", "position"], condition=Q(has_warning=True), name="upload_row_with_warning"),
            models.Index(
                fields=["batch", "undo_outcome", "position"], condition=~Q(undo_outcome=""), name="upload_row_undone"
            ),
            models.Index(fields=["batch", "record_id"], condition=Q(record_id__isnull=False), name="upload_row_record"),
        )

    def __str__(self) -> str:
        return f"{self.sheet} {self.row_number}"


class ColumnMappingQuerySet(ScopedQuerySet):
    """Reads of mappings."""

    def of_office(self, batch: UploadBatch) -> dict[str, str]:
        """What the office of a batch has taught for its register: normalised header → field, "" to ignore it."""
        taught = self.filter(division=batch.division, register=batch.register)
        return dict(taught.values_list("header", "field"))


class ColumnMapping(ScopedModel):
    """How one office calls a column of one register, remembered when its clerk maps it by hand."""

    division = models.ForeignKey("communities.Division", models.CASCADE, related_name="+", verbose_name="填报单位")
    register = models.CharField("登记表", max_length=20)
    header = models.CharField("文件中的列名", max_length=100, help_text="归一化之后")
    field = models.CharField("对应的列", max_length=40, blank=True, help_text="空表示忽略这一列")

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = ColumnMappingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "列的对应"
        constraints = (
            models.UniqueConstraint(
                fields=["division", "register", "header"],
                name="column_mapping_once",
                violation_error_message="这一列已有对应。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.header} → {self.field}"
