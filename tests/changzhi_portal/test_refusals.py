"""Tests of refusals: each is of a kind, which decides the answer of page, part of a page and command."""

from __future__ import annotations

import ast
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.core.management.base import CommandParser
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from changzhi_portal.commands import COULD_NOT_RUN, PortalCommand
from changzhi_portal.refusals import (
    InvalidError,
    LockedError,
    NotAllowedError,
    NotFoundError,
    PortalError,
    StaleError,
    UnavailableError,
    field_at_fault,
)
from tests.architecture.apps import modules
from uploads.actions.commit_writer import PreviewOutdatedError
from uploads.reading.refusal import FileRefusedError

STATUSES = {
    NotAllowedError: ("not_allowed", 403),
    NotFoundError: ("not_found", 404),
    StaleError: ("stale", 409),
    InvalidError: ("invalid", 422),
    LockedError: ("locked", 423),
    UnavailableError: ("unavailable", 503),
}
KINDS = {kind.code: kind for kind in STATUSES}
SENTENCE = "这一步现在办不成，请换一个。"
every_kind = pytest.mark.parametrize("kind", STATUSES, ids=lambda kind: kind.code)


def refuses(request: HttpRequest, code: str) -> HttpResponse:
    raise KINDS[code](SENTENCE, cure="Choose another one.", field="name")


urlpatterns = [path("refuses/<code>/", refuses), path("", include("changzhi_portal.urls"))]


class Refusing(PortalCommand):
    """Command that is refused."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        raise KINDS[options["code"]](SENTENCE, cure="Choose another one.")


class Silent(PortalCommand):
    """Command without --json that is refused."""

    def handle(self, *args: Any, **options: Any) -> None:
        raise StaleError(SENTENCE)


@every_kind
def test_a_kind_has_a_code_and_a_status_of_its_own(kind):
    assert (kind.code, kind.status) == STATUSES[kind]
    assert len(KINDS) == len({kind.status for kind in STATUSES}) == len(STATUSES)


def test_a_refusal_knows_its_sentence_its_cure_and_its_field():
    refusal = InvalidError(SENTENCE, field="reason")
    assert (str(refusal), refusal.cure, refusal.field) == (SENTENCE, SENTENCE, "reason")
    assert StaleError(SENTENCE, cure="Read it again.").cure == "Read it again."
    assert StaleError(SENTENCE).field == ""


def test_refusals_with_a_class_of_their_own_are_of_the_kind_that_they_mean():
    assert issubclass(PreviewOutdatedError, StaleError)
    refused = FileRefusedError("too_large", "文件过大。")
    assert (refused.code, refused.field, refused.problem_code) == ("invalid", "file", "too_large")


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (ValidationError({"name": ["必填。"]}), "name"),
        (ValidationError({"name": ["必填。"], "code": ["必填。"]}), ""),
        (ValidationError({"__all__": ["次序不对。"]}), ""),
        (ValidationError("不对。"), ""),
    ],
    ids=["one field", "two fields", "the whole record", "no fields"],
)
def test_the_field_at_fault_is_the_only_one_with_an_error(error, field):
    assert field_at_fault(error) == field


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@every_kind
def test_a_page_that_is_refused_has_the_status_of_the_kind_and_shows_the_sentence(kind, clerk):
    browser = Client(raise_request_exception=False)
    browser.force_login(clerk)
    page = browser.get(f"/refuses/{kind.code}/")
    assert page.status_code == kind.status
    assert SENTENCE in page.content.decode()
    assert "主菜单" in page.content.decode()
    assert browser.get("/").status_code == 200, "the person stays signed in"


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@every_kind
def test_a_part_of_a_page_that_is_refused_is_the_sentence_as_plain_text_with_the_status_of_the_kind(kind, clerk):
    browser = Client(raise_request_exception=False)
    browser.force_login(clerk)
    part = browser.get(f"/refuses/{kind.code}/", HTTP_HX_REQUEST="true")
    assert (part.status_code, part.content.decode()) == (kind.status, SENTENCE)
    assert part["Content-Type"] == "text/plain; charset=utf-8"


@every_kind
@pytest.mark.parametrize("is_json", [False, True], ids=["text", "json"])
def test_a_command_that_is_refused_exits_with_3_and_prints_json_only_if_asked(kind, is_json):
    output = io.StringIO()
    with pytest.raises(CommandError) as ended:
        call_command(Refusing(), kind.code, json=is_json, stdout=output)
    assert ended.value.returncode == COULD_NOT_RUN
    assert str(ended.value) == f"{SENTENCE}\nChoose another one."
    printed = output.getvalue()
    expected = {"error": {"code": kind.code, "message": SENTENCE, "cure": "Choose another one."}}
    assert (json.loads(printed) if is_json else printed) == (expected if is_json else "")
    assert printed.count("\n") == is_json


def test_a_command_without_json_is_refused_all_the_same():
    output = io.StringIO()
    with pytest.raises(CommandError, match=SENTENCE):
        call_command(Silent(), stdout=output)
    assert output.getvalue() == ""


def bare_refusals(source: str) -> list[int]:
    """Return the lines of `source` that make or raise a PortalError itself, not one of its kinds."""

    def is_base(node: ast.AST | None) -> bool:
        return (isinstance(node, ast.Name) and node.id == PortalError.__name__) or (
            isinstance(node, ast.Attribute) and node.attr == PortalError.__name__
        )

    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Call) and is_base(node.func)) or (isinstance(node, ast.Raise) and is_base(node.exc))
    ]


def test_nothing_raises_a_refusal_without_a_kind():
    bare = {
        str(path): lines
        for path in modules()
        if path != Path("changzhi_portal/refusals.py")
        and (lines := bare_refusals((settings.BASE_DIR / path).read_text()))
    }
    assert bare == {}


def test_a_refusal_without_a_kind_would_be_found():
    source = "raise PortalError('a')\ndef f():\n    return refusals.PortalError('b')\nraise PortalError\nraise StaleError('c')"
    assert sorted(bare_refusals(source)) == [1, 3, 4]
