"""Tests of what records of the trail say besides: no name of the code stands on an auditor's page."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings

from audit.kinds import GROUPS, detail_facts
from changelog.models import TrailKind


def detail_names() -> Iterator[str]:
    """Yield the names in every `detail` that the portal's own modules give to `record_event`."""
    folders = [config.path for config in apps.get_app_configs() if config.path.startswith(str(settings.BASE_DIR))]
    for folder in folders:
        for path in settings.BASE_DIR.joinpath(folder).rglob("*.py"):
            text = path.read_text()
            if "record_event(" not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                named = [node.arg] if isinstance(node, ast.keyword) else []
                if isinstance(node, ast.Assign):
                    named = [each.id for each in node.targets if isinstance(each, ast.Name)]
                if "detail" in named:
                    for each in ast.walk(node.value):  # type: ignore[attr-defined]
                        if isinstance(each, ast.Dict):
                            yield from (key.value for key in each.keys if isinstance(key, ast.Constant))


def test_every_detail_that_is_recorded_has_a_label() -> None:
    names = set(detail_names())
    assert {"register", "sha256", "found", "limit", "signature"} <= names, "the search itself finds something"
    assert [name for name in sorted(names) if detail_facts({name: "1"}, "")[0].label == name] == []


def test_every_kind_belongs_to_one_group() -> None:
    grouped = [kind for group in GROUPS for kind in group.kinds]
    assert sorted(grouped) == sorted(TrailKind)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("limit", "stranger", "从一个地址连续输错密码"),
        ("what", "wrong_code", "验证码输错"),
        ("heads", [[7, "ab"], [8, "cd"]], "7 ab 8 cd"),
        ("filled", True, "是"),
        ("register", "workers", "社会工作者"),
        ("register", "of_long_ago", "of_long_ago"),
    ],
)
def test_details_are_told_in_words(name: str, value: object, words: str) -> None:
    [fact] = detail_facts({name: value}, "")
    assert fact.value == words


def test_what_was_found_leads_there_and_what_is_empty_is_left_out() -> None:
    facts = detail_facts({"found": ["/workers/a/", "/users/b/"], "address": {}, "fields": []}, "")
    assert [(fact.label, fact.url) for fact in facts] == [("找到的记录", "/workers/a/"), ("找到的记录", "/users/b/")]
    assert detail_facts({"found": []}, "") == []
