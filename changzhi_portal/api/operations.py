"""How operations that write are described: what is sent, what is answered, with which headers and problems."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from changzhi_portal.api.bodies import LARGEST_VERSION
from changzhi_portal.api.bulk import ALL_OR_NOTHING, EACH, MODE, MODES, ROWS
from changzhi_portal.api.fields import field_of_column
from changzhi_portal.api.idempotency import A_KEY, HEADER, REPLAYED
from changzhi_portal.api.parameters import A_TEXT, MOST_ROWS, USUAL_ROWS
from changzhi_portal.api.preconditions import ETAGS
from changzhi_portal.api.records import CONFIRMS, CORRECTS, LOCKED_REASON, RecordBody
from changzhi_portal.registers.batches import MOST_IN_BATCH, Outcome

_ETAG: Final = 'ETag，如"记录编号.版本.摘要"'
KEY: Final = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": A_KEY},
    OpenApiParameter.HEADER,
    description="客户端给这次请求的唯一键，24小时内重发得到同一个回答，不会重复写入",
)


@dataclass(frozen=True)
class Operation:
    """One operation that writes. `name` ends its operationId, `label` its summary; `body` is None where nothing is sent.

    `answers` has a serializer class by status, `problems` a sentence by status beside those that every endpoint has.
    """

    name: str
    label: str
    body: Any
    answers: Mapping[int, Any]
    problems: Mapping[int, str] = field(default_factory=dict)
    parameters: Sequence[OpenApiParameter] = ()


PAGING: Final = (
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": USUAL_ROWS},
        description="一页的条数",
    ),
    OpenApiParameter("cursor", {"type": "string", "pattern": A_TEXT}, description="上一次回答里next的这个值"),
)


def header_of_answers(name: str, description: str, *statuses: int) -> OpenApiParameter:
    """Return the description of a header that answers with these statuses have."""
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description, response=list(statuses))


def shown_by(example: Mapping[str, Any]) -> dict[str, Any]:
    """Return an example as JSON Schema has it; {} for none."""
    return {"examples": [dict(example)]} if example else {}


def etag_of_answers(*statuses: int) -> OpenApiParameter:
    """Return the description of the ETag of a record that answers with these statuses have."""
    return header_of_answers("ETag", _ETAG, *statuses)


EXAMPLE_REF: Final = "jv4sgkhpbsvqo"
ETAG_READ: Final = etag_of_answers(200)
IF_MATCH: Final = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": ETAGS},
    OpenApiParameter.HEADER,
    required=True,
    description="读取这条记录时得到的ETag",
)
ETAG_OF_ANSWER: Final = header_of_answers("ETag", "回答的标记，下次放在If-None-Match里，没有变化就不再发", 200)
# What every operation may answer with beside its own.
ALWAYS: Final = (
    header_of_answers("Retry-After", "过多少秒再试", 429),
    header_of_answers("WWW-Authenticate", "Bearer，令牌不能用的说明原因（RFC 6750）", 401, 403),
)
BODY_PROBLEMS: Final = {413: "请求的内容过大", 415: "不是JSON"}
_KEY_PROBLEMS: Final = {
    409: "有需要核对的地方、月份已锁定，或者同一个请求正在办理",
    422: "内容不对，或者幂等键已用于另一个请求",
}


class ClosedSerializer(serializers.Serializer):
    """What is sent: other names than the described ones are refused."""

    is_closed = True
    # Conditions and examples that a serializer cannot say, as JSON Schema.
    also_described: ClassVar[Mapping[str, Any]] = MappingProxyType({})


class RowAnswerSerializer(serializers.Serializer):
    """What came of one row."""

    status = serializers.ChoiceField(choices=[str(each) for each in Outcome], help_text="结果")
    ref = serializers.CharField(allow_null=True, help_text="记录编号")
    version = serializers.IntegerField(allow_null=True, help_text="现在的版本")
    errors = serializers.ListField(child=serializers.DictField(child=serializers.CharField()), help_text="各项的问题")
    warnings = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField()), help_text="要核对的地方"
    )
    also = serializers.ListField(child=serializers.CharField(), help_text="除各项以外还做了什么")


class BatchAnswerSerializer(serializers.Serializer):
    """What came of the rows, in their order."""

    results = RowAnswerSerializer(many=True)


def operations_of(
    body: RecordBody, record: type[serializers.Serializer], example: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Operation]:
    """Return the operations that write a register, by the endpoint's method; `record` describes what is answered.

    `example` is a new record, of which the descriptions make their examples; {} for none.
    """
    name = record.__name__.removesuffix("Serializer")
    # Of a name of its own: reading adds related records, and other apps call what they say of these alike.
    record = type(f"{name}RecordSerializer", (record,), {})
    columns = {field: field_of_column(column) for field, column in body.columns.items()}
    options = {
        CONFIRMS: serializers.BooleanField(required=False, help_text="需要核对的地方已核对，照写"),
        LOCKED_REASON: serializers.CharField(required=False, help_text="修改已锁定月份数据的原因，只有市局可以"),
    }
    corrects = {CORRECTS: serializers.BooleanField(required=False, help_text="更正最近一段，而不是新增一段")}
    repeated = {field: described for field, described in body.described.items() if field in body.read_only}
    of_change = _sent(
        f"{name}Change",
        repeated | columns | (corrects if body.has_parts else {}) | options,
        dict(list(example.items())[-1:]),
    )
    which = {
        "ref": serializers.CharField(required=False, allow_null=True, help_text="要修改的记录；不填的新增一条"),
        "version": serializers.IntegerField(
            min_value=0,
            max_value=LARGEST_VERSION,
            required=False,
            allow_null=True,
            help_text="读取时的版本；修改时必填",
        ),
    }
    of_row = _sent(f"{name}Row", repeated | which | columns | (corrects if body.has_parts else {}))
    changed = dict(list(example.items())[-1:])
    rows = [{"ref": EXAMPLE_REF, "version": 3, **changed}, *([dict(example)] if body.register.may_be_added else [])]
    of_row.also_described = _with_or_without_ref({*repeated, *(corrects if body.has_parts else ())} - set(which))
    of_batch = {
        MODE: serializers.ChoiceField(choices=list(MODES), required=False, default=ALL_OR_NOTHING),
        ROWS: serializers.ListField(child=of_row(), min_length=1, max_length=MOST_IN_BATCH),
    }
    return {
        "create_record": Operation(
            "create",
            "新增",
            _sent(f"{name}New", columns | options, example),
            {201: record},
            {**BODY_PROBLEMS, **_KEY_PROBLEMS},
            [
                KEY,
                etag_of_answers(201),
                header_of_answers("Location", "新记录的地址", 201),
                header_of_answers(REPLAYED, "true：这是以前那次请求的回答", 201),
            ],
        ),
        "change_record": Operation(
            "update",
            "修改",
            of_change,
            {200: record},
            {
                **BODY_PROBLEMS,
                409: "有需要核对的地方，或者月份已锁定",
                412: "读取以后有人改过",
                422: "内容不对",
                428: "没有给出If-Match",
            },
            [IF_MATCH, etag_of_answers(200, 412)],
        ),
        "write_records": Operation(
            "bulk",
            f"批量{'新增和' if body.register.may_be_added else ''}修改，一次最多{MOST_IN_BATCH}条",
            _sent(f"{name}Batch", of_batch | options, {MODE: EACH, ROWS: rows} if example else {}),
            {200: BatchAnswerSerializer},
            {**BODY_PROBLEMS, **_KEY_PROBLEMS},
            [KEY, header_of_answers(REPLAYED, "true：这是以前那次请求的回答", 200)],
        ),
    }


def _with_or_without_ref(only_changed: Collection[str]) -> dict[str, Any]:
    """Return the conditions of a row: one with a ref says which version was seen, a new one has none of `only_changed`."""
    closed = dict.fromkeys(sorted(only_changed), False)
    return {
        "if": {"required": ["ref"], "properties": {"ref": {"type": "string"}}},
        "then": {"required": ["version"], "properties": {"version": {"type": "integer"}}},
        "else": {"properties": {"version": {"type": "null"}, **closed}},
    }


def _sent(
    name: str, fields: Mapping[str, serializers.Field], example: Mapping[str, Any] = MappingProxyType({})
) -> type[ClosedSerializer]:
    """Return a serializer that describes what is sent; fields that only are read may be repeated."""
    declared: dict[str, Any] = {field: _again(each) for field, each in fields.items()}
    return type(f"{name}Serializer", (ClosedSerializer,), {**declared, "also_described": shown_by(example)})


def _again(described: serializers.Field) -> serializers.Field:
    """Return a field anew: a serializer takes those that it declares for its own."""
    if not described.read_only:
        return copy.deepcopy(described)
    given = {name: copy.deepcopy(value) for name, value in described._kwargs.items() if name != "read_only"}
    given |= {"required": False, "help_text": "由系统给出，可以照原样送回"}
    return type(described)(*described._args, **given)
