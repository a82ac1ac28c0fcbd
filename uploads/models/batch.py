"""Uploaded files and the state of the work on them."""

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
from changzhi_portal.registers.growth import Growth
from changzhi_portal.registers.registry import register_named
from changzhi_portal.rights import Actor
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from uploads.progress import Progress, read_progress

MOST_GROWTH_NAMED = 5
# The problems of a file that choosing a register, or another one, may cure.
UNRECOGNISED = frozenset({"header_not_found", "wrong_register"})


class UploadBatchQuerySet(ScopedQuerySet):
    """Queries of batches."""

    def newest_first(self) -> Self:
        """Load the related rows that a line of the list shows, the newest batch first."""
        return self.select_related("division", "period", "uploaded_by").order_by("-id")

    def reported(self) -> Self:
        """Filter for batches whose rows are in the registers: committed, or checked and equal to the registers."""
        states = UploadBatch.State
        says_the_same = Q(state=states.CHECKED, rows__gt=0, errors=0, new=0, changed=0)
        return self.filter(Q(state=states.COMMITTED) | says_the_same)

    def unfinished(self) -> Self:
        """Filter for batches that are being worked on or wait for a user's decision."""
        states = UploadBatch.State
        in_progress = (states.QUEUED, states.CHECKING, states.COMMIT_QUEUED, states.COMMITTING)
        to_decide = Q(state=states.CHECKED) & (Q(errors__gt=0) | Q(new__gt=0) | Q(changed__gt=0))
        return self.filter(Q(state__in=in_progress) | to_decide)

    def newest_of_each_register(self) -> dict[str, UploadBatch]:
        """Return the newest batch by register name."""
        newest = self.order_by().values("register").annotate(newest=Max("pk")).values("newest")
        return {batch.register: batch for batch in self.model.objects.filter(pk__in=newest)}

    def newest_by_office(self) -> dict[tuple[str, str], datetime.datetime]:
        """Return when each office last brought in each register, by (path of the office's division, register).

        A file that was equal to the register counts from its upload.
        """
        moment = Max(Coalesce("committed_at", "uploaded_at"))
        rows = self.order_by().values("division__path", "register").annotate(moment=moment)
        return {(row["division__path"], row["register"]): row["moment"] for row in rows}

    def of_upload(self, batch: UploadBatch) -> Self:
        """Filter for the batches that were uploaded together with `batch`, itself included."""
        return self.filter(group=batch.group) if batch.group else self.filter(pk=batch.pk)

    def same_file(self, batch: UploadBatch) -> Self:
        """Filter for committed uploads of the same file by the same office, without `batch` itself."""
        return self.filter(
            sha256=batch.sha256, register=batch.register, division=batch.division, state=UploadBatch.State.COMMITTED
        ).exclude(pk=batch.pk)

    def locked(self) -> Self:
        """Lock the batches, but not their users and offices, until the transaction ends."""
        return self.select_for_update(of=("self",))

    def committed_before(self, batch: UploadBatch) -> UploadBatch | None:
        """Return the newest committed upload of the same file by the same office, or None."""
        return self.same_file(batch).order_by("-committed_at").first()


class UploadBatch(ScopedModel, Job):
    """One uploaded file for one office, register and month. Workers check, commit and undo it (`uploads.jobs`).

    A file with tables of several registers becomes several batches; `group` is the same for all batches of one upload.
    """

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

    # The states in which a batch waits for a worker, and those in which it waits or is worked on.
    WAITING: ClassVar[frozenset[str]] = frozenset({State.QUEUED, State.COMMIT_QUEUED, State.UNDO_QUEUED})
    IN_PROGRESS: ClassVar[frozenset[str]] = WAITING | {State.CHECKING, State.COMMITTING, State.UNDOING}

    # What a form and a command say in place of a register's name, to have it found out from the file.
    RECOGNISED: ClassVar[str] = "auto"

    # The results of a check: rows by what committing them would do, and skipped rows.
    COUNTERS: ClassVar[tuple[str, ...]] = ("rows", "new", "changed", "unchanged", "skipped", "errors", "warnings")

    class CommitMode(models.TextChoices):
        """Everything or nothing, or only the rows without an error."""

        ALL = "all", "全部入库（有错误则都不入库）"
        GOOD = "good", "只入库没有错误的行"

    ref = models.CharField("编号", max_length=13, unique=True, editable=False, default=new_ref)
    group = models.CharField(
        "同一次上传", max_length=13, blank=True, db_index=True, editable=False, help_text="同一次上传的批次相同"
    )
    register = models.CharField("登记表", max_length=20, blank=True, help_text="空表示还没有从文件内容认出")
    is_recognised = models.BooleanField(
        "登记表由系统识别", default=False, help_text="不是上传人选定的；文件里别的登记表的表由别的批次读取"
    )
    split_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="parts",
        verbose_name="由哪个批次分出",
        help_text="同一个文件里有几张登记表的，每张一个批次",
    )
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
    growth = models.JSONField("异常增加", default=list, help_text="入库前要另外确认的说明：哪里、原有多少、入库后多少")
    unmentioned = models.PositiveIntegerField("文件中没有的记录", default=0)
    problem_counts = models.JSONField("各种问题的行数", default=dict, help_text="问题代码 → 行数")
    corrections = models.JSONField(
        "页面上改的单元格", default=list, encoder=DjangoJSONEncoder, help_text="个人信息以密文保存"
    )
    needs_reading = models.BooleanField("下次检查要重读文件", default=True)
    notifies_uploader = models.BooleanField(
        "办完后通知上传人", default=True, help_text="当场办完、当场看到结果的不通知"
    )
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
            models.CheckConstraint(
                # "discarded" is in this list because nothing is read or written of such a batch any more.
                condition=~Q(register="") | Q(state__in=("queued", "checking", "rejected", "failed", "discarded")),
                name="batch_checked_has_register",
                violation_error_message="还没有认出登记表的批次不能核对，也不能入库。",
            ),
            models.UniqueConstraint(
                fields=("split_from", "register"),
                name="batch_split_once_per_register",
                violation_error_message="这个文件里的这张登记表已有另一个批次。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.file_name}（{self.get_state_display()}）"

    @property
    def register_title(self) -> str:
        """Return the title of its register, or a word for one that is not known yet."""
        if self.register:
            return register_named(self.register).title
        return "检查后确定" if self.is_in_progress else "没有认出"

    @property
    def needs_register(self) -> bool:
        """Return whether its file was refused because nothing tells which register it is for, so that the user has to."""
        return not self.register and self.can_change_register

    @property
    def can_change_register(self) -> bool:
        """Return whether its file was refused because it is not that of the register chosen, if one was."""
        codes = {problem.get("code") for problem in self.problems}
        return self.state == self.State.REJECTED and not self.is_recognised and codes <= UNRECOGNISED

    @property
    def progress(self) -> Progress:
        """Return the progress of the worker; an empty one while the batch waits.

        The cache may still contain the last report of an earlier step.
        """
        return Progress() if self.state in self.WAITING else read_progress(self.ref)

    @property
    def is_in_progress(self) -> bool:
        """Return whether the batch waits for a worker or is being worked on."""
        return self.state in self.IN_PROGRESS

    def may_be_handled_by(self, user: Actor) -> bool:
        """Return whether a user may decide about it: the role uploads and the batch is in the user's area."""
        return user.role.may_upload and UploadBatch.objects.visible_to(user).filter(pk=self.pk).exists()

    def may_be_committed_by(self, user: Actor) -> bool:
        """Return whether a user may commit it; only the bureau may when it alters a locked month (docs/domain.md §6.8)."""
        is_allowed = user.role.may_alter_locked_months or not self.locked_reason
        return is_allowed and self.may_be_handled_by(user)

    @property
    def commit_change_set(self) -> Any:
        """Return the change set that its commit has written, or None."""
        return self.change_sets.filter(reverses__isnull=True).first()

    @property
    def check_mark(self) -> str:
        """Return a token of the check that the preview shows; every new check begins with another heartbeat."""
        return "" if self.heartbeat_at is None else self.heartbeat_at.isoformat()

    @property
    def can_be_checked_again(self) -> bool:
        """Return whether its columns may be mapped again: checked or rejected, and nothing written."""
        return self.state in {self.State.CHECKED, self.State.REJECTED}

    @property
    def needs_mapping(self) -> bool:
        """Return whether its file was refused only because the user has to say which column is which."""
        codes = {problem.get("code") for problem in self.problems}
        return self.state == self.State.REJECTED and bool(self.mapping) and codes == {"missing_column"}

    @property
    def state_label(self) -> str:
        """Return its state as shown to users; a file that only needs an answer is not called useless."""
        if self.needs_register:
            return "要选登记表"
        return "要对应列" if self.needs_mapping else self.get_state_display()

    @property
    def growth_question(self) -> str:
        """Return what the user has to confirm besides the preview: where the rows would multiply the records; else ""."""
        if not self.growth:
            return ""
        told = "；".join(Growth(**growth).sentence for growth in self.growth[:MOST_GROWTH_NAMED])
        more = f"；等{len(self.growth)}处" if len(self.growth) > MOST_GROWTH_NAMED else ""
        return f"入库后{register_named(self.register).title}会成倍增加：{told}{more}"

    @property
    def can_commit_all(self) -> bool:
        """Return whether it can be committed whole: checked, no row with an error, and something to write."""
        return self.state == self.State.CHECKED and not self.errors and bool(self.new + self.changed)

    @property
    def can_commit_good(self) -> bool:
        """Return whether it can be committed without its bad rows: checked, with errors, and something to write."""
        return self.state == self.State.CHECKED and bool(self.errors) and bool(self.new + self.changed)
