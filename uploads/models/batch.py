"""Uploaded files and the state of the work on them."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from changzhi_portal.jobs import QueuedJob
from changzhi_portal.records import new_ref
from changzhi_portal.registers.growth import Growth
from changzhi_portal.registers.registry import register_named
from changzhi_portal.rights import Actor
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from periods.models import ReportingPeriod, beginning_of
from uploads.models.batch_states import (
    CORRECTABLE,
    FINISHING,
    GIVEN_UP,
    IN_PROGRESS,
    NEEDS_CHECK,
    NEEDS_MAPPING,
    NEEDS_REGISTER,
    REST_TO_CONFIRM,
    RUNNING,
    SAME_AS_REGISTER,
    UNDECIDED,
    UNMAPPED,
    UNRECOGNISED,
    WAITING,
    BatchState,
    has_bad_rows_left,
    has_written,
    is_open,
    is_same_as_register,
)
from uploads.progress import Progress, read_progress

MOST_GROWTH_NAMED = 5


class UploadBatchQuerySet(ScopedQuerySet):
    """Queries of batches."""

    def newest_first(self) -> Self:
        """Load the related rows that a line of the list shows, the newest batch first."""
        return self.select_related("division", "period", "uploaded_by").order_by("-id")

    def without_details(self) -> Self:
        """Leave the large columns unread, which only a batch's own page needs."""
        return self.defer("problems", "mapping", "growth", "problem_counts", "corrections", "recognised_with")

    # --- What a batch is to its office (docs/domain.md §6.12); in brackets the property with the same condition ---

    def same_as_register(self) -> Self:
        """Filter for checked batches that say what the registers say already (`is_same_as_register`)."""
        return self.filter(is_same_as_register())

    def reported(self) -> Self:
        """Filter for batches that count as brought in: rows of them are in the registers, or they are equal to these."""
        return self.filter(has_written() | is_same_as_register())

    def open(self) -> Self:
        """Filter for batches that a worker has in hand, that wait for a decision, or that were refused."""
        return self.filter(is_open())

    def with_bad_rows_left(self) -> Self:
        """Filter for committed batches whose bad rows are not in the registers (`bad_rows_left`)."""
        return self.filter(has_bad_rows_left())

    def to_map(self) -> Self:
        """Filter for refused batches whose user has to say which column is which (`needs_mapping`)."""
        return self.filter(state=UploadBatch.State.REJECTED, problems__0__code=UNMAPPED).exclude(mapping=[])

    def to_choose_register(self) -> Self:
        """Filter for refused batches whose user has to say which register their file is for (`needs_register`)."""
        of_unknown = self.filter(state=UploadBatch.State.REJECTED, register="", is_recognised=False)
        codes = (Q(problems__0__code=code) for code in sorted(UNRECOGNISED))
        return of_unknown.filter(Q(*codes, problems=[], _connector=Q.OR))

    def to_finish(self) -> Self:
        """Filter for checked batches whose remaining rows wait to be confirmed, while others are written."""
        return self.filter(state=UploadBatch.State.CHECKED).exclude(rest={})

    def with_replaced(self) -> Self:
        """Annotate `is_replaced`: whether a later upload that is still `reported` has replaced it (`replaced_by`)."""
        still_reported = UploadBatch.objects.order_by().reported().filter(pk=OuterRef("replaced_by"))
        return self.annotate(is_replaced=Exists(still_reported))

    def unsettled(self) -> Self:
        """Filter for batches that an office still has to look at: `open` or with bad rows left, and not replaced.

        A batch that a worker has in hand is not replaced. What was refused, or not written, for a month that has been
        locked since is over.
        """
        states = UploadBatch.State
        is_over = Q(
            period__state=ReportingPeriod.State.LOCKED, state__in=(states.REJECTED, states.FAILED, states.COMMITTED)
        )
        found = self.filter(is_open() | has_bad_rows_left()).exclude(is_over).with_replaced()
        return found.filter(Q(state__in=UploadBatch.IN_PROGRESS) | Q(is_replaced=False))

    def for_month(self, period: ReportingPeriod) -> Self:
        """Filter for batches of a month, and for those since its opening whose month is not known yet."""
        is_unknown = Q(period__isnull=True, uploaded_at__gte=beginning_of(period.opens_on))
        return self.filter(Q(period=period) | is_unknown)

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

    def of_workbook(self, batch: UploadBatch) -> Self:
        """Filter for the batches into which the file of `batch` was split, one a register, itself included."""
        first = batch.split_from_id or batch.pk
        return self.filter(Q(pk=first) | Q(split_from=first), sha256=batch.sha256)

    def ended_before(self, moment: datetime.datetime) -> Self:
        """Filter for batches that were brought in, discarded or, coming to nothing, uploaded before a moment.

        Without those that a worker has in hand.
        """
        ended = Coalesce("discarded_at", "committed_at", "uploaded_at")
        return self.annotate(ended_at=ended).filter(ended_at__lt=moment).exclude(state__in=UploadBatch.IN_PROGRESS)

    def same_file(self, batch: UploadBatch) -> Self:
        """Filter for uploads of the same file by the same office that have been written, without `batch` itself."""
        return self.filter(
            has_written(), sha256=batch.sha256, register=batch.register, division=batch.division
        ).exclude(pk=batch.pk)

    def in_turn(self, woken_for: int) -> Self:
        """Return the waiting batches in the order in which workers take them, so that offices take turns.

        First the offices with the fewest batches in work, of these the one that was served longest ago; of one office the
        batch that has waited longest. A batch whose command works on it itself is left out, unless the worker was woken
        for that one (`woken_for`), because the command has died.
        """
        of_office = UploadBatch.objects.order_by().filter(division=OuterRef("division"))
        running = of_office.filter(state__in=RUNNING).values("division").annotate(number=Count("pk")).values("number")
        served = of_office.filter(taken_at__isnull=False).order_by("-taken_at").values("taken_at")[:1]
        return (
            self.filter(Q(notifies_uploader=True) | Q(pk=woken_for), state__in=WAITING)
            .annotate(running_of_office=Coalesce(Subquery(running), 0), office_served_at=Subquery(served))
            .order_by("running_of_office", F("office_served_at").asc(nulls_first=True), "queued_at", "pk")
        )

    def locked(self) -> Self:
        """Lock the batches, but not their users and offices, until the transaction ends."""
        return self.select_for_update(of=("self",))

    def committed_before(self, batch: UploadBatch) -> UploadBatch | None:
        """Return the upload of the same file by the same office that was written last, or None."""
        return self.same_file(batch).order_by("-committed_at").first()


class UploadBatch(ScopedModel, QueuedJob):
    """One uploaded file for one office, register and month. Workers check, commit and undo it (`uploads.jobs`).

    A file with tables of several registers becomes several batches; `group` is the same for all batches of one upload.
    """

    State = BatchState
    WAITING: ClassVar[frozenset[str]] = WAITING
    IN_PROGRESS: ClassVar[frozenset[str]] = IN_PROGRESS
    UNDECIDED: ClassVar[frozenset[str]] = UNDECIDED
    CORRECTABLE: ClassVar[frozenset[str]] = CORRECTABLE
    # What a form and a command say in place of a register's name, to have it found out from the file.
    RECOGNISED: ClassVar[str] = "auto"

    # The results of a check: rows by what committing them would do, and skipped rows (those left out are among these).
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
    recognised_with = models.JSONField(
        "识别时的列的对应", null=True, default=None, help_text="认出登记表时本单位的列的对应；同一个文件的各批次相同"
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
    left_out = models.PositiveIntegerField("不入库的行", default=0, help_text="在页面上定为不入库的，算在跳过里")
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
    left_out_rows = models.JSONField(
        "页面上定为不入库的行", default=list, encoder=DjangoJSONEncoder, help_text="哪一行、谁、什么时候"
    )
    rest = models.JSONField(
        "余下的行数", default=dict, blank=True, help_text="已有行入库、正在补余下的行时，余下各类行的数目；否则为空"
    )
    needs_reading = models.BooleanField("下次检查要重读文件", default=True)
    needs_check = models.BooleanField(
        "改动以后还没有核对完", default=False, help_text="逐行结果还是改动以前的，核对完才能入库"
    )
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
    taken_at = models.DateTimeField(
        "领取时间", null=True, blank=True, editable=False, help_text="最近一次轮到它的时间；各单位的文件轮流处理"
    )
    discarded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="放弃的人"
    )
    discarded_at = models.DateTimeField("放弃时间", null=True, blank=True)
    original_wiped_at = models.DateTimeField(
        "原件清除时间", null=True, blank=True, editable=False, help_text="过了保存期限"
    )
    values_wiped_at = models.DateTimeField(
        "号码清除时间", null=True, blank=True, editable=False, help_text="过了保存期限，逐行内容里的号码只留下掩码"
    )

    replaced_by = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="replaces",
        verbose_name="由哪个批次代替",
        help_text="以后上传并算报过的批次，里面有这个批次没有入库的每一行；它撤销以后不再代替",
    )

    is_replaced: bool  # annotated by `UploadBatchQuerySet.with_replaced`

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = UploadBatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "上传批次"
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["division", "register", "period", "uploaded_at"], name="upload_batch_of_office"),
            models.Index(fields=["division", "taken_at"], name="upload_batch_turn_of_office"),
        )
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
                condition=Q(rest={}, committed_at__isnull=True)
                | Q(rest={}, state__in=("committed", "undo_queued", "undoing", "undone"))
                | Q(committed_at__isnull=False, state__in=FINISHING) & ~Q(rest={}),
                name="batch_rest_waits_after_commit",
                violation_error_message="有行入库以后，待办的批次才有余下的行。",
            ),
            models.CheckConstraint(
                condition=Q(needs_check=False) | Q(state__in=("queued", "checking", "checked", *GIVEN_UP)),
                name="batch_committed_as_last_checked",
                violation_error_message="改动以后还没有核对完的批次不能入库。",
            ),
            models.CheckConstraint(
                condition=Q(left_out__lte=F("skipped")),
                name="batch_left_out_rows_are_skipped",
                violation_error_message="不入库的行应算在跳过的行里。",
            ),
            models.CheckConstraint(
                condition=Q(discarded_by__isnull=True, discarded_at__isnull=True)
                | Q(discarded_by__isnull=False, discarded_at__isnull=False),
                name="batch_discarded_by_somebody",
                violation_error_message="放弃的人和时间应同时有或同时没有。",
            ),
            models.CheckConstraint(
                condition=~Q(state="discarded") | Q(discarded_at__isnull=False),
                name="batch_discarded_has_time",
                violation_error_message="已放弃的批次应有放弃的人和时间。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=GIVEN_UP) | Q(committed_at__isnull=True),
                name="batch_given_up_has_written_nothing",
                violation_error_message="不能用、出错和已放弃的批次不应写入过数据。",
            ),
            models.CheckConstraint(
                # "discarded" is in this list because nothing is read or written of such a batch any more.
                condition=~Q(register="") | Q(state__in=("queued", "checking", "rejected", "failed", "discarded")),
                name="batch_checked_has_register",
                violation_error_message="还没有认出登记表的批次不能核对，也不能入库。",
            ),
            models.CheckConstraint(
                condition=~Q(replaced_by=F("id")),
                name="batch_not_replaced_by_itself",
                violation_error_message="批次不能由自己代替。",
            ),
            models.CheckConstraint(
                condition=Q(original_wiped_at__isnull=True) | Q(stored_as=""),
                name="batch_wiped_original_is_gone",
                violation_error_message="原件清除以后，批次不应再有存放的文件。",
            ),
            models.UniqueConstraint(
                fields=("split_from", "register"),
                name="batch_split_once_per_register",
                violation_error_message="这个文件里的这张登记表已有另一个批次。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.file_name}（{self.state_label}）"

    @property
    def brought_in_at(self) -> datetime.datetime:
        """Return when it was committed; for a file that needed no commit, when it was uploaded."""
        return self.committed_at or self.uploaded_at

    @property
    def register_title(self) -> str:
        """Return the title of its register, or a word for one that is not known yet."""
        if self.register:
            return register_named(self.register).title
        return "检查后确定" if self.is_in_progress else "没有认出"

    @property
    def title(self) -> str:
        """Return the name of its file with its register's title: one file may have a batch of each of several registers."""
        if not self.register or self.register_title in self.file_name:
            return self.file_name
        return f"{self.file_name}（{self.register_title}）"

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
    def has_written(self) -> bool:
        """Return whether rows of it are in the registers by its own commit: committed at least once and not undone."""
        return self.committed_at is not None and self.state != self.State.UNDONE

    @property
    def written_change_sets(self) -> Any:
        """Return the change sets that its commits have written, the newest first."""
        return self.change_sets.filter(reverses__isnull=True).order_by("-id")

    @property
    def open_rows(self) -> Any:
        """Return the staged rows that a check compares and a commit writes: all, or the rest once some are written."""
        return self.staged_rows.remaining() if self.rest else self.staged_rows.all()

    @property
    def to_decide(self) -> dict[str, int]:
        """Return the counters of the rows that wait for a decision: of all, or of the rest once some are written."""
        numbers: dict[str, int] = self.rest
        return numbers or {name: getattr(self, name) for name in (*self.COUNTERS, "left_out")}

    @property
    def written(self) -> dict[str, int]:
        """Return the counters of the rows that earlier commits have settled: all but the rest, and but those with an error."""
        settled = {name: getattr(self, name) - self.rest.get(name, 0) for name in ("new", "changed", "unchanged")}
        return {"rows": sum(settled.values()), **settled}

    @property
    def nothing_written(self) -> str:
        """Return the words for a commit that has written nothing, which must not deny what an earlier one has written."""
        return "余下的行没有写入" if self.has_written else "没有写入任何数据"

    @property
    def can_be_undone(self) -> bool:
        """Return whether its rows may be taken back: committed, also while its remaining rows wait for a decision."""
        return self.state == self.State.COMMITTED or (bool(self.rest) and self.state == self.State.CHECKED)

    @property
    def can_drop_rest(self) -> bool:
        """Return whether it has rows left behind that may be declared as not wanted."""
        return self.can_be_undone and bool(self.rest or self.errors)

    @property
    def rows_to_drop(self) -> int:
        """Return how many rows are left out when the rest is not wanted: what equals the registers already is not."""
        return self.rest["rows"] - self.rest["unchanged"] if self.rest else self.errors

    @property
    def check_mark(self) -> str:
        """Return a token of the check that the preview shows; every new check begins with another heartbeat."""
        return "" if self.heartbeat_at is None else self.heartbeat_at.isoformat()

    @property
    def can_be_checked_again(self) -> bool:
        """Return whether its columns may be mapped again: checked or rejected, and nothing written."""
        return self.state in {self.State.CHECKED, self.State.REJECTED} and not self.has_written

    @property
    def can_be_rechecked(self) -> bool:
        """Return whether a check that was not finished can be repeated: nothing that it needs has been purged."""
        if self.values_wiped_at is not None:
            return False
        if self.state == self.State.FAILED:
            return bool(self.stored_as) or not self.needs_reading
        return self.state == self.State.CHECKED and self.needs_check

    @property
    def can_be_discarded(self) -> bool:
        """Return whether it may be discarded: it waits for a decision, and nothing of it has been written."""
        return self.state in self.UNDECIDED and self.committed_at is None

    @property
    def skipped_in_file(self) -> int:
        """Return how many rows were skipped while reading: totals, repeated headers, notes."""
        return self.skipped - self.left_out

    @property
    def can_be_corrected(self) -> bool:
        """Return whether cells of its rows can be corrected in the page."""
        return self.state in self.CORRECTABLE and self.values_wiped_at is None

    @property
    def needs_mapping(self) -> bool:
        """Return whether its file was refused only because the user has to say which column is which."""
        if self.state != self.State.REJECTED or not self.mapping:
            return False
        return {problem.get("code") for problem in self.problems} == {UNMAPPED}

    @property
    def is_same_as_register(self) -> bool:
        """Return whether it was checked and says what the registers say already, so that there is nothing to confirm."""
        is_checked = self.state == self.State.CHECKED and not self.needs_check
        return is_checked and self.rows > 0 and not (self.errors or self.new or self.changed)

    @property
    def waits_for_decision(self) -> bool:
        """Return whether a user can go on with it: confirm it, correct it, map its columns or choose its register."""
        return (
            self.needs_register
            or self.needs_mapping
            or (self.state == self.State.CHECKED and not self.is_same_as_register)
        )

    @property
    def bad_rows_left(self) -> int:
        """Return how many bad rows its commit has left out of the registers; 0 while it is not committed."""
        return self.errors if self.state == self.State.COMMITTED else 0

    @property
    def state_label(self) -> str:
        """Return its state as shown to users.

        A file that only needs an answer is not called useless, and one without a change does not wait to be confirmed.
        """
        if self.needs_register:
            return NEEDS_REGISTER
        if self.needs_mapping:
            return NEEDS_MAPPING
        if self.state == self.State.CHECKED and self.needs_check:
            return NEEDS_CHECK
        if self.rest and self.state == self.State.CHECKED:
            return REST_TO_CONFIRM
        return SAME_AS_REGISTER if self.is_same_as_register else self.get_state_display()

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
        return not self.errors and self._has_something_to_write

    @property
    def can_commit_good(self) -> bool:
        """Return whether it can be committed without its bad rows: checked, with errors, and something to write."""
        return bool(self.errors) and self._has_something_to_write

    @property
    def _has_something_to_write(self) -> bool:
        is_checked = self.state == self.State.CHECKED and not self.needs_check
        return is_checked and bool(self.to_decide["new"] + self.to_decide["changed"])
