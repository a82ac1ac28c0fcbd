"""What the API says of upload batches, and what is sent: descriptions and values."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, ClassVar

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from changzhi_portal.api.fields import MonthField
from changzhi_portal.api.operations import ClosedSerializer
from uploads.forms import MOST_FILES
from uploads.models import UploadBatch


class BatchRowSerializer(serializers.Serializer):
    """What is said of a batch in a list."""

    ref = serializers.CharField(label="编号")
    group = serializers.CharField(label="同一次上传", allow_null=True, help_text="同一次上传的批次相同")
    file_name = serializers.CharField(label="文件名")
    register = serializers.CharField(label="登记表", allow_null=True, help_text="还没有认出的为null")
    period = MonthField(source="period.month", label="统计月", allow_null=True)
    division = serializers.CharField(source="division.code", label="填报单位的区划代码")
    uploaded_by = serializers.CharField(source="uploaded_by.username", label="上传人")
    uploaded_at = serializers.DateTimeField(label="上传时间")
    state = serializers.ChoiceField(choices=UploadBatch.State.choices, label="状态")
    rows = serializers.IntegerField(label="数据行")
    new = serializers.IntegerField(label="新增")
    changed = serializers.IntegerField(label="修改")
    unchanged = serializers.IntegerField(label="未变")
    skipped = serializers.IntegerField(label="跳过", help_text="包括定为不入库的行")
    left_out = serializers.IntegerField(label="定为不入库的行")
    errors = serializers.IntegerField(label="有错误的行")
    warnings = serializers.IntegerField(label="有提醒的行")
    committed_at = serializers.DateTimeField(label="入库时间", allow_null=True)


class ProblemOfFileSerializer(serializers.Serializer):
    """One thing wrong with a file or a row. Personal numbers are masked."""

    sheet = serializers.CharField(allow_null=True, help_text="工作表")
    cell = serializers.CharField(help_text="单元格，如C5")
    column = serializers.CharField(help_text="列")
    value = serializers.CharField(help_text="文件里写的")
    code = serializers.CharField(help_text="问题种类")
    level = serializers.ChoiceField(choices=["error", "warning"])
    message = serializers.CharField(help_text="中文说明")


class ProgressSerializer(serializers.Serializer):
    """How far the worker is."""

    step = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class BatchSerializer(BatchRowSerializer):
    """What is said of one batch."""

    state_label = serializers.CharField(label="状态，如页面所写")
    message = serializers.CharField(label="结果说明", allow_null=True)
    progress = ProgressSerializer(label="进度")
    problems = ProblemOfFileSerializer(many=True, label="文件和表头的问题")
    check_mark = serializers.CharField(label="这次检查的标记", allow_null=True, help_text="入库时作为seen送回")
    growth_question = serializers.CharField(label="入库前要确认的", allow_null=True)
    may_commit = serializers.ListField(
        child=serializers.ChoiceField(choices=UploadBatch.CommitMode.values), label="可以怎样入库"
    )
    may_undo = serializers.BooleanField(label="可以撤销")
    may_discard = serializers.BooleanField(label="可以放弃")
    needs_person = serializers.ChoiceField(
        choices=["register", "mapping"], allow_null=True, label="要人在页面上办的", help_text="选登记表、对应列"
    )
    page = serializers.URLField(label="页面")

    also_described: ClassVar[dict[str, Any]] = {
        "examples": [
            {
                "ref": "k3n5xw2qhzr7a",
                "group": None,
                "file_name": "组织.xlsx",
                "register": "organizations",
                "period": "2018-06",
                "division": "140402",
                "uploaded_by": "api-z3hyeupw37esv",
                "uploaded_at": "2018-07-02T09:12:44+08:00",
                "state": "checked",
                "rows": 120,
                "new": 3,
                "changed": 1,
                "unchanged": 115,
                "skipped": 0,
                "left_out": 0,
                "errors": 1,
                "warnings": 0,
                "committed_at": None,
                "state_label": "待确认",
                "message": None,
                "progress": {"step": "", "done": 0, "total": 0},
                "problems": [],
                "check_mark": "5f1c0e7d",
                "growth_question": None,
                "may_commit": ["good"],
                "may_undo": False,
                "may_discard": True,
                "needs_person": None,
                "page": "https://portal.example/uploads/k3n5xw2qhzr7a/",
            }
        ]
    }


class RowProblemsSerializer(serializers.Serializer):
    """A row with problems."""

    sheet = serializers.CharField(help_text="工作表")
    row = serializers.IntegerField(help_text="Excel行号")
    label = serializers.CharField(allow_null=True, help_text="记录")
    outcome = serializers.CharField(help_text="入库会做什么")
    problems = ProblemOfFileSerializer(many=True)


class RowProblemsPageSerializer(serializers.Serializer):
    """A page of rows with problems."""

    results = RowProblemsSerializer(many=True)
    next = serializers.URLField(allow_null=True)


@extend_schema_field({"type": "string", "format": "binary"})
class SentFileField(serializers.FileField):
    """A file that is sent."""


class FileSentSerializer(ClosedSerializer):
    """What is sent to have files checked."""

    file = serializers.ListField(child=SentFileField(), min_length=1, max_length=MOST_FILES, help_text="一个或几个文件")
    register = serializers.CharField(required=False, help_text="登记表；不填的按文件内容识别")
    period = serializers.CharField(required=False, help_text="统计月，如2018-06；不填的按文件里写的")


class RefusedFileSerializer(serializers.Serializer):
    """A file that was not received."""

    file_name = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class ReceiptSerializer(serializers.Serializer):
    """What became of the files."""

    batches = BatchSerializer(many=True)
    refused = RefusedFileSerializer(many=True)


class CommitSentSerializer(ClosedSerializer):
    """How a batch is committed."""

    mode = serializers.ChoiceField(choices=UploadBatch.CommitMode.choices)
    seen = serializers.CharField(help_text="看过的那次检查的check_mark")
    confirms_growth = serializers.BooleanField(required=False, help_text="growth_question里问的，确实如此")

    also_described = MappingProxyType({"examples": [{"mode": "good", "seen": "5f1c0e7d"}]})


class NothingSentSerializer(ClosedSerializer):
    """An empty object."""


def described(request: Request, batch: UploadBatch) -> dict[str, Any]:
    """Return what the API says of one batch."""
    modes = UploadBatch.CommitMode
    allowed = {modes.ALL: batch.can_commit_all, modes.GOOD: batch.can_commit_good}
    progress = batch.progress
    counters = {name: getattr(batch, name) for name in (*UploadBatch.COUNTERS, "left_out")}
    return {
        "ref": batch.ref,
        "group": batch.group or None,
        "file_name": batch.file_name,
        "register": batch.register or None,
        "period": None if batch.period is None else f"{batch.period.month:%Y-%m}",
        "division": batch.division.code,
        "uploaded_by": batch.uploaded_by.username,
        "uploaded_at": batch.uploaded_at,
        "state": str(batch.state),
        **counters,
        "committed_at": batch.committed_at,
        "state_label": batch.state_label,
        "message": batch.message or None,
        "progress": {"step": progress.step, "done": progress.done, "total": progress.total},
        "problems": batch.problems,
        "check_mark": batch.check_mark or None,
        "growth_question": batch.growth_question or None,
        "may_commit": [str(mode) for mode, is_allowed in allowed.items() if is_allowed],
        "may_undo": batch.can_be_undone,
        "may_discard": batch.can_be_discarded,
        "needs_person": needed_of_person(batch),
        "page": page_of_batch(request, batch),
    }


def needed_of_person(batch: UploadBatch) -> str | None:
    """Return what only a person can say about a batch: its register, or the mapping of its columns; None for nothing."""
    if batch.needs_register:
        return "register"
    return "mapping" if batch.needs_mapping else None


def page_of_batch(request: Request, batch: UploadBatch) -> str:
    """Return the address of the page of a batch."""
    return request.build_absolute_uri(reverse("uploads:batch", args=[batch.ref]))
