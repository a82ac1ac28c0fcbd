"""What operators are told is complete: every setting, every command, every decision."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from tests.architecture.apps import OWN_APPS

OPERATIONS = (settings.BASE_DIR / "docs" / "operations.md").read_text()
README = (settings.BASE_DIR / "README.md").read_text()
ADRS = settings.BASE_DIR / "docs" / "adr"


def names_read_by_settings() -> list[str]:
    text = (settings.BASE_DIR / "changzhi_portal" / "settings.py").read_text()
    return sorted(set(re.findall(r'(?:\benv(?:\.\w+)?|load_secret)\(\s*"([A-Z_]+)"', text)))


def own_commands() -> list[str]:
    return sorted(
        path.stem
        for app in OWN_APPS
        for path in (settings.BASE_DIR / app / "management" / "commands").glob("*.py")
        if path.stem != "__init__"
    )


def test_settings_are_found():
    assert {"VAR_DIR", "DATABASE_URL", "FIELD_KEYS", "REDIS_URL"} <= set(names_read_by_settings())


@pytest.mark.parametrize("name", names_read_by_settings())
def test_every_environment_variable_is_documented(name):
    assert f"| `{name}` |" in OPERATIONS


@pytest.mark.parametrize("command", own_commands())
def test_every_command_is_in_the_readme(command):
    assert re.search(rf"^\| `{command}[` ]", README, re.MULTILINE)


def test_every_decision_is_listed():
    files = {path.name for path in ADRS.glob("[0-9]*.md")}
    assert files
    assert files == set(re.findall(r"\]\(([0-9][\w-]+\.md)\)", (ADRS / "README.md").read_text()))
