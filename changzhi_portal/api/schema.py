"""The description of the API (OpenAPI 3.1), from the endpoints' own declarations: fields, filters, order, errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import Direction, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from changzhi_portal.api.described import filter_of, names_of
from changzhi_portal.api.expansions import SUFFIX, with_expansions
from changzhi_portal.api.moves import Moves, with_moves_described
from changzhi_portal.api.operations import ALWAYS, ETAG_OF_ANSWER, ETAG_READ, EXAMPLE_REF, PAGING, Operation, shown_by
from changzhi_portal.api.problems import MEDIA_TYPE

_OF = "："  # in summaries: what an operation is about, and what it does


class ProblemSerializer(serializers.Serializer):
    """A problem document (RFC 9457)."""

    also_described: ClassVar[Mapping[str, Any]] = {
        "examples": [
            {
                "type": "urn:changzhi-portal:problem:bad_request",
                "title": "Bad Request",
                "status": 400,
                "code": "bad_request",
                "detail": "这个地址没有“categroy”这个参数。",
                "detail_en": "Unknown parameter. Known: active, agency, category, …",
                "errors": [{"field": "categroy", "code": "bad_request", "message": "这个地址没有“categroy”这个参数。"}],
            }
        ]
    }
    type = serializers.CharField(help_text="问题种类的标识")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="问题种类")
    detail = serializers.CharField(help_text="中文说明")
    detail_en = serializers.CharField(help_text="英文说明")
    errors = serializers.ListField(child=serializers.DictField(), required=False, help_text="各项的问题")
    warnings = serializers.ListField(child=serializers.DictField(), required=False, help_text="要核对的地方")
    results = serializers.ListField(child=serializers.DictField(), required=False, help_text="各行的结果")


class EndpointSchema(AutoSchema):
    """How drf-spectacular describes an endpoint of ours."""

    @property
    def _is_page(self) -> bool:
        """Whether the operation answers with a page of a list, and not with one record."""
        return self.view.action == "get_page"

    @property
    def _writing(self) -> Operation | None:
        """How the operation is described where it writes."""
        return getattr(self.view, "operations", {}).get(self.view.action)

    @property
    def _file(self) -> str:
        """The file that the operation sends; "" for one that answers with JSON."""
        files = getattr(self.view, "files", {})
        return next((name for name, method in files.items() if method == self.view.action), "")

    def get_tags(self) -> list[str]:
        """Group the operations by what they are about: generated clients make a module of each group."""
        return [self.view.slug]

    def get_operation_id(self) -> str:
        """Return a name for generated clients: organizations_list."""
        read = "list" if self._is_page else self._file or "retrieve"
        name = self._writing.name if self._writing else read
        return f"{self.view.slug.replace('-', '_')}_{name}"

    def get_summary(self) -> str:
        """Return what the operation does, in Chinese."""
        read = "列表" if self._is_page else self._file or "一条"
        return f"{self.view.title}{_OF}{self._writing.label if self._writing else read}"

    def get_description(self) -> str:
        """Return nothing more: the docstrings are for programmers of the portal."""
        return ""

    def get_override_parameters(self) -> list[Any]:
        """Describe the parameters that are common to endpoints, and the filters of lists."""
        if self._writing:
            return [*self._writing.parameters, *ALWAYS]
        if self._file:
            return list(ALWAYS)
        shaping: list[Any] = [names_of("fields", self.view.fields, "只要这些项")]
        if self.view.expands:
            words = f"同时给出这些相关记录的内容（名称后加{SUFFIX}）"
            shaping.append(names_of("expand", list(self.view.expands), words))
        if not self._is_page:
            return [*shaping, *ALWAYS, ETAG_READ]
        sorts = [*self.view.sorts, *(f"-{name}" for name in self.view.sorts)]
        common = [
            *self.view.also_takes,
            *shaping,
            *PAGING,
            *(
                [
                    OpenApiParameter(
                        "sort", str, enum=sorts, description=f"按{'、'.join(self.view.sorts)}排序，前面加-为倒序"
                    )
                ]
                if sorts
                else []
            ),
        ]
        filters = (filter_of(name, each) for name, each in self.view.filterset.base_filters.items())
        return [*common, *filters, *ALWAYS, ETAG_OF_ANSWER]

    def get_request_serializer(self) -> Any:
        """Return what is sent; nothing for what is only read."""
        return self._writing.body if self._writing else None

    def _get_request_body(self, direction: Direction = "request") -> Any:
        described = super()._get_request_body(direction)
        if described and getattr(self.get_request_serializer(), "_declared_fields", None):
            described["required"] = True  # also where no field alone is
        return described

    def get_response_serializers(self) -> Any:
        """Describe the answer, and the problems that every endpoint may answer with."""
        if self._writing:
            return {**self._writing.answers, **_problems({**_PROBLEMS, **self._writing.problems})}
        record = with_expansions(self.view.serializer_class, self.view.expands)
        if self._is_page:
            content: dict[str, Any] = {
                "results": record(many=True),
                "next": serializers.URLField(allow_null=True),
            } | self.view.also_says
            content["also_described"] = shown_by(self._example_of_page())
            record = type(
                f"{record.__name__.removesuffix('Serializer')}PageSerializer", (serializers.Serializer,), content
            )
        elif isinstance(self.view, Moves) and self.view.is_moved():
            record = with_moves_described(record, "AndMoves")
        if self._file:
            return {200: OpenApiResponse(OpenApiTypes.BINARY, "文件"), **_problems(_PROBLEMS)}
        return {200: record, **_problems(_PROBLEMS)}

    def _example_of_page(self) -> dict[str, Any]:
        """Return a page with one record; {} where the endpoint has no example."""
        example = getattr(self.view, "example", {})
        if not example:
            return {}
        address = f"https://portal.example/api/v1/{self.view.slug}/"
        return {
            "results": [{"ref": EXAMPLE_REF, "version": 3, **example}],
            "next": f"{address}?cursor=WyJ…",
            "changes": f"{address}?modified_since=48213",
        }

    def _postprocess_serializer_schema(self, schema: Any, serializer: Any, direction: Any) -> Any:
        schema = super()._postprocess_serializer_schema(schema, serializer, direction)
        if getattr(serializer, "is_closed", False):
            schema = schema | {"additionalProperties": False}
        if direction == "response":
            schema = _with_null_for_blank(schema, serializer)
        return schema | getattr(serializer, "also_described", {})

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False  # the page around the rows is described above


def _with_null_for_blank(schema: dict[str, Any], serializer: Any) -> dict[str, Any]:
    """Return the description of an object with null where a field may be blank: answers say what is not known by null."""
    if not isinstance(serializer, serializers.Serializer):
        return schema
    described = dict(schema.get("properties", {}))
    for name, field in serializer.fields.items():
        given = described.get(name, {})
        if name in described and given.get("type") == "string" and _may_be_blank(serializer, field):
            given = {**given, "type": ["string", "null"]}
            if "enum" in given:
                given["enum"] = [*(choice for choice in given["enum"] if choice), None]
            described[name] = given
    return {**schema, "properties": described} if described else schema


def _may_be_blank(serializer: Any, field: serializers.Field) -> bool:
    """Return whether a field may be blank; one that is only read does not say so itself."""
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    columns = {} if model is None else {column.name: column for column in model._meta.concrete_fields}
    return getattr(field, "allow_blank", False) or getattr(columns.get(field.source), "blank", False)


def let_fields_be_left_out(result: Any, **kwargs: Any) -> Any:
    """Require no field of rows of which `fields` chooses some (a hook of drf-spectacular)."""
    for operations in result["paths"].values():
        reading = operations.get("get", {})
        if "fields" not in {each["name"] for each in reading.get("parameters", ())}:
            continue
        answer = _named(result, reading["responses"]["200"]["content"]["application/json"]["schema"])
        rows = answer.get("properties", {}).get("results", {}).get("items")
        (_named(result, rows) if rows else answer).pop("required", None)
    return result


def name_groups(result: Any, **kwargs: Any) -> Any:
    """Say what the groups of operations are called in Chinese (a hook of drf-spectacular)."""
    titles = {
        operation["tags"][0]: operation["summary"].partition(_OF)[0]
        for operations in result["paths"].values()
        for operation in operations.values()
    }
    return {**result, "tags": [{"name": name, "description": title} for name, title in titles.items()]}


def _named(result: Any, schema: Any) -> Any:
    """Return the schema that a reference names."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return result["components"]["schemas"][name] if name else schema


def keep_choices_in_place(result: Any, **kwargs: Any) -> Any:
    """Leave the choices of a field where the field is described (a hook of drf-spectacular).

    Its own hook makes a component of every set of choices, and names two of fields that are called alike by a digest.
    """
    if isinstance(result, dict):
        result.pop("x-spec-enum-id", None)
        for value in result.values():
            keep_choices_in_place(value)
    elif isinstance(result, list):
        for value in result:
            keep_choices_in_place(value)
    return result


_PROBLEMS = {
    400: "参数不对",
    401: "没有登录",
    403: "没有权限",
    404: "没有找到",
    406: "Accept要的格式不提供",
    410: "已经归档",
    429: "太频繁",
    503: "暂时不能办理",
}


def _problems(sentences: Mapping[int, str]) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the description of the problems that may be answered, by status and kind of document."""
    return {(status, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, word) for status, word in sentences.items()}
