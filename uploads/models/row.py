"""The rows of a batch, staged between preview and commit."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Count, Q

from changzhi_portal.personal import Place
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from uploads.models.batch import UploadBatch
from uploads.places import row_of_file


class UploadRowQuerySet(ScopedQuerySet):
    """Queries of staged rows."""

    def in_file_order(self) -> Self:
        """Return the rows in the order of the file."""
        return self.order_by("position")

    def with_outcome(self, *outcomes: str) -> Self:
        """Filter for the rows with one of `outcomes`."""
        return self.filter(outcome__in=outcomes)

    def with_warning(self) -> Self:
        """Filter for the rows that have a warning, with any outcome."""
        return self.filter(has_warning=True)

    def with_problems(self) -> Self:
        """Filter for the rows that have an error or a warning."""
        return self.exclude(problems=[])

    def with_problem_code(self, code: str) -> Self:
        """Filter for the rows that have a problem of this kind."""
        return self.filter(codes__contains=f" {code} ")

    def named(self, text: str) -> Self:
        """Filter for the rows whose record's name contains `text`."""
        return self.filter(label__contains=text)

    def to_write(self, *, only_good: bool) -> Self:
        """Filter for the rows that a commit writes, without those left out, and those that have an error if `only_good`.

        Nor does it write rows that were unchanged in the preview, so that later changes by others are not reverted.
        """
        rows = self.exclude(outcome__in=(UploadRow.Outcome.UNCHANGED, UploadRow.Outcome.LEFT_OUT))
        return rows.exclude(outcome=UploadRow.Outcome.ERROR) if only_good else rows

    def written(self) -> Self:
        """Filter for the rows that a finished commit has written."""
        return self.with_outcome(UploadRow.Outcome.NEW, UploadRow.Outcome.CHANGED)

    def remaining(self) -> Self:
        """Filter for the rows that are being finished after a commit has written others of their batch."""
        return self.filter(is_remaining=True)

    def not_written(self) -> Self:
        """Filter for the rows that a commit leaves behind: those with an error, and those left out in the page."""
        return self.with_outcome(UploadRow.Outcome.ERROR, UploadRow.Outcome.LEFT_OUT)

    def counted(self) -> dict[str, int]:
        """Return the number of rows by outcome, under the names of a batch's counters, with `left_out`."""
        by_outcome = self.order_by().values_list("outcome")
        found = by_outcome.annotate(number=Count("pk"), warned=Count("pk", filter=Q(has_warning=True)))
        numbers = {outcome: (rows, warnings) for outcome, rows, warnings in found}
        counters = {name: numbers.get(outcome, (0, 0))[0] for name, outcome in _COUNTERS.items()}
        rows = sum(counters.values()) - counters["left_out"]
        return {"rows": rows, **counters, "warnings": sum(warnings for _, warnings in numbers.values())}

    def count_problems(self) -> dict[str, int]:
        """Return how many rows have each kind of problem, by code."""
        codes = self.exclude(codes="").values_list("codes", flat=True)
        return dict(Counter(code for each in codes.iterator() for code in each.split()))

    def still_to_bring_in(self, batch: UploadBatch) -> Self:
        """Filter for the rows of a batch that are not in the registers and would be lost without it.

        Of a committed batch those with an error; else all that it would write or that have an error.
        """
        rows = self.remaining() if batch.rest else self
        is_committed = batch.state == UploadBatch.State.COMMITTED
        return rows.with_outcome(UploadRow.Outcome.ERROR) if is_committed else rows.to_write(only_good=False)

    def left_out(self) -> Self:
        """Filter for the rows that a user has left out in the page."""
        return self.with_outcome(UploadRow.Outcome.LEFT_OUT)

    def record_ids(self) -> models.QuerySet:
        """Return the keys of the rows' records, as a subquery."""
        return self.filter(record_id__isnull=False).order_by().values("record_id")


class UploadRow(ScopedModel):
    """One data row of a batch, cleaned and compared. Personal values are stored as ciphertext."""

    class Outcome(models.TextChoices):
        """What committing the row would do; nothing for a row that was left out in the page."""

        NEW = "new", "新增"
        CHANGED = "changed", "修改"
        UNCHANGED = "unchanged", "未变"
        ERROR = "error", "有错误"
        LEFT_OUT = "left_out", "不入库"

    class UndoOutcome(models.TextChoices):
        """The result of undoing a written row."""

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
    also = models.JSONField("另外的影响", default=list, help_text="各列以外还会发生什么，每条一句话")
    seen = models.CharField("预览时原值的摘要", max_length=16, blank=True, help_text="入库时与登记表现在的值核对")
    problems = models.JSONField("问题", default=list, encoder=DjangoJSONEncoder)
    codes = models.CharField("问题代码", max_length=500, blank=True, help_text="前后各有一个空格，供筛选")
    is_remaining = models.BooleanField("余下的行", default=False, help_text="同批的其他行已入库，这一行还在补")
    undo_outcome = models.CharField("撤销结果", max_length=10, choices=UndoOutcome, blank=True)
    undo_note = models.CharField("撤销说明", max_length=200, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("batch__division",)
    objects = UploadRowQuerySet.as_manager()

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
            models.Index(
                fields=["batch", "outcome", "position"], condition=Q(is_remaining=True), name="upload_row_remaining"
            ),
            models.Index(fields=["batch", "record_id"], condition=Q(record_id__isnull=False), name="upload_row_record"),
        )

    def __str__(self) -> str:
        return f"{self.sheet} {self.row_number}"

    @property
    def place(self) -> Place:
        """Return where the row is stored, which the ciphertexts of its personal values are bound to."""
        return row_of_file(self.batch.sha256, self.batch.register, self.position)

    @property
    def can_be_changed(self) -> bool:
        """Return whether the page may correct it or leave it out: its batch waits, and the row has neither been written nor wiped."""
        if self.batch.values_wiped_at is not None:
            return False
        if self.batch.state == UploadBatch.State.CHECKED:
            return self.is_remaining or not self.batch.has_written
        is_left = self.outcome in {self.Outcome.ERROR, self.Outcome.LEFT_OUT}
        return is_left and self.batch.state == UploadBatch.State.COMMITTED


_COUNTERS = {
    "new": UploadRow.Outcome.NEW,
    "changed": UploadRow.Outcome.CHANGED,
    "unchanged": UploadRow.Outcome.UNCHANGED,
    "errors": UploadRow.Outcome.ERROR,
    "left_out": UploadRow.Outcome.LEFT_OUT,
}
