"""The description of the API (OpenAPI 3.1), from the endpoints' own declarations: fields, filters, order, errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_filters
from django.utils.choices import flatten_choices
from django.utils.encoding import force_str
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from changzhi_portal.api.expansions import SUFFIX, with_expansions
from changzhi_portal.api.operations import ETAG_READ, PAGING, Operation
from changzhi_portal.api.problems import MEDIA_TYPE


class ProblemSerializer(serializers.Serializer):
    """A problem document (RFC 9457)."""

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
        """Group the operations by what they are about, in Chinese."""
        return [self.view.title]

    def get_operation_id(self) -> str:
        """Return a name for generated clients: organizations_list."""
        read = "list" if self._is_page else self._file or "retrieve"
        name = self._writing.name if self._writing else read
        return f"{self.view.slug.replace('-', '_')}_{name}"

    def get_summary(self) -> str:
        """Return what the operation does, in Chinese."""
        read = "列表" if self._is_page else self._file or "一条"
        return f"{self.view.title}：{self._writing.label if self._writing else read}"

    def get_description(self) -> str:
        """Return nothing more: the docstrings are for programmers of the portal."""
        return ""

    def get_override_parameters(self) -> list[Any]:
        """Describe the parameters that are common to endpoints, and the filters of lists."""
        if self._writing:
            return list(self._writing.parameters)
        fields = OpenApiParameter(
            "fields", str, description=f"只要这些项，用英文逗号隔开：{'、'.join(self.view.fields)}"
        )
        if self._file:
            return []
        shaping = [fields]
        if self.view.expands:
            words = f"同时给出这些相关记录的内容（名称后加{SUFFIX}），用英文逗号隔开：{'、'.join(self.view.expands)}"
            shaping.append(OpenApiParameter("expand", str, description=words))
        if not self._is_page:
            return [*shaping, ETAG_READ]
        sorts = [*self.view.sorts, *(f"-{name}" for name in self.view.sorts)]
        common = [
            *(OpenApiParameter(name, str, description=text) for name, text in self.view.also_takes.items()),
            *shaping,
            *PAGING,
            *([OpenApiParameter("sort", str, enum=sorts, description="前面加-为倒序")] if sorts else []),
        ]
        return [*common, *(_of_filter(name, each) for name, each in self.view.filterset.base_filters.items())]

    def get_request_serializer(self) -> Any:
        """Return what is sent; nothing for what is only read."""
        return self._writing.body if self._writing else None

    def get_response_serializers(self) -> Any:
        """Describe the answer, and the problems that every endpoint may answer with."""
        if self._writing:
            return {**self._writing.answers, **_problems({**_PROBLEMS, **self._writing.problems})}
        record = with_expansions(self.view.serializer_class, self.view.expands)
        if self._is_page:
            content = {
                "results": record(many=True),
                "next": serializers.URLField(allow_null=True),
            } | self.view.also_says
            record = type(
                f"{record.__name__.removesuffix('Serializer')}PageSerializer", (serializers.Serializer,), content
            )
        if self._file:
            return {200: OpenApiResponse(OpenApiTypes.BINARY, "文件"), **_problems(_PROBLEMS)}
        return {200: record, **_problems(_PROBLEMS)}

    def _postprocess_serializer_schema(self, schema: Any, serializer: Any, direction: Any) -> Any:
        schema = super()._postprocess_serializer_schema(schema, serializer, direction)
        return schema | {"additionalProperties": False} if getattr(serializer, "is_closed", False) else schema

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False  # the page around the rows is described above


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
    410: "已经归档",
    429: "太频繁",
    503: "暂时不能办理",
}


def _problems(sentences: Mapping[int, str]) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the description of the problems that may be answered, by status and kind of document."""
    return {(status, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, word) for status, word in sentences.items()}


def _of_filter(name: str, each: django_filters.Filter) -> OpenApiParameter:
    label, is_required = force_str(each.label or name), bool(each.extra.get("required"))
    if isinstance(each, django_filters.ModelChoiceFilter):
        return OpenApiParameter(name, str, description=f"{label}的代码")
    if isinstance(each, django_filters.ChoiceFilter):
        given = each.extra["choices"]
        choices: list[tuple[str, str]] = list(flatten_choices(given() if callable(given) else given))
        words = "；".join(f"{value}：{word}" for value, word in choices)
        return OpenApiParameter(name, str, enum=[value for value, _ in choices], description=f"{label}（{words}）")
    if isinstance(each, django_filters.DateFilter):
        return OpenApiParameter(name, {"type": "string", "format": "date"}, description=label)
    if isinstance(each, django_filters.NumberFilter):
        return OpenApiParameter(name, {"type": "integer"}, description=label)
    return OpenApiParameter(name, str, description=label, required=is_required)
