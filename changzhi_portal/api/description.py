"""The description of the API (OpenAPI 3.1), made once by a process: as JSON for programs, and as a page to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from changzhi_portal.api.access import AskedByToken
from changzhi_portal.api.endpoints import refuse_visitors
from changzhi_portal.pages.base import PortalPage, PortalRequest
from changzhi_portal.rights import EVERYBODY


@cache
def description() -> dict[str, Any]:
    """Return the description of all endpoints; it is the same for everybody."""
    made: dict[str, Any] = SchemaGenerator(api_version="1").get_schema(request=None, public=True)
    return made


class Description(AskedByToken, APIView):
    """The description as JSON, for who has signed in or has a token."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse visitors (401)."""
        super().initial(request, *args, **kwargs)
        refuse_visitors(request)

    def get(self, request: Request) -> Response:
        """Answer with the description."""
        return Response(description())


class Said(NamedTuple):
    """A parameter of an operation, or a field of what it takes or answers: its name, kind and meaning."""

    name: str
    kind: str
    meaning: str
    is_required: bool


class Operation(NamedTuple):
    """One operation: its method and address, what it does, what it takes, what it answers with."""

    anchor: str
    method: str
    address: str
    title: str
    parameters: list[Said]
    takes: list[Said]
    answers: list[Said]
    statuses: list[tuple[str, str]]


class Kind(NamedTuple):
    """The operations on one kind of things."""

    title: str
    operations: list[Operation]


@cache
def kinds() -> list[Kind]:
    """Return all operations by what they are about, in the order of the description."""
    found: dict[str, list[Operation]] = {}
    for address, operations in description()["paths"].items():
        for method, operation in operations.items():
            found.setdefault(operation["tags"][0], []).append(_operation(address, method, operation))
    titles = {each["name"]: each["description"] for each in description()["tags"]}
    return [Kind(titles[name], operations) for name, operations in found.items()]


def _operation(address: str, method: str, operation: Mapping[str, Any]) -> Operation:
    answers = operation["responses"]
    good: dict[str, Any] = next((answers[status] for status in ("200", "201", "202") if status in answers), {})
    return Operation(
        anchor=operation["operationId"],
        method=method.upper(),
        address=address,
        title=operation.get("summary", ""),
        parameters=[
            Said(each["name"], _kind(each.get("schema", {})), each.get("description", ""), each.get("required", False))
            for each in operation.get("parameters", [])
        ],
        takes=list(_fields(_content(operation.get("requestBody", {})))),
        # What an answer always has is of no use to who asks.
        answers=[field._replace(is_required=False) for field in _fields(_content(good))],
        statuses=[(status, each.get("description", "")) for status, each in answers.items()],
    )


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a request's or an answer's body; {} for none."""
    contents: list[dict[str, Any]] = list(body.get("content", {}).values())
    return _resolved(contents[0].get("schema", {})) if contents else {}


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that a reference leads to; of a choice with null the other one."""
    if "oneOf" in schema:
        return _resolved(next(each for each in schema["oneOf"] if each.get("type") != "null")) | {
            "description": schema.get("description", "")
        }
    if "allOf" in schema:
        return _resolved(schema["allOf"][0])
    name = schema.get("$ref", "").rpartition("/")[2]
    named: dict[str, Any] = description()["components"]["schemas"][name] if name else schema
    return named


def _fields(schema: Mapping[str, Any], within: str = "") -> Iterator[Said]:
    """Yield the fields of an object, those of the rows of a page after it with its name before theirs."""
    for name, given in schema.get("properties", {}).items():
        field = _resolved(given)
        words = [field.get("title", ""), field.get("description", "")]
        meaning = "；".join(word.replace("\n* ", "，").replace("* ", "").replace("`", "") for word in words if word)
        yield Said(f"{within}{name}", _kind(field), meaning, name in schema.get("required", []))
        rows = _resolved(field.get("items", {})) if not within else {}
        yield from _fields(rows, f"{name}[].")


def _kind(schema: Mapping[str, Any]) -> str:
    """Return in words what a value is."""
    kind = schema.get("type", "")
    names = [each for each in (kind if isinstance(kind, list) else [kind]) if each != "null"]
    words = {
        "string": "文字",
        "integer": "整数",
        "number": "数",
        "boolean": "true或false",
        "array": "列表",
        "object": "对象",
    }
    formats = {"date": "日期", "date-time": "时间", "decimal": "小数（文字）", "uri": "地址", "binary": "文件"}
    word = formats.get(schema.get("format", "")) or words.get(names[0] if names else "", "")
    return f"{word}，可空" if isinstance(kind, list) and "null" in kind else word


class ReferencePage(PortalPage):
    """What the API takes and answers, as a page of the portal: nothing is loaded from elsewhere."""

    requires = EVERYBODY
    title = "接口说明"
    help_at = "对接系统"
    template_name = "frame/api_reference.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show all operations."""
        return self.render_to_response(self.get_context_data(kinds=kinds()))
