"""Every dependency has a comment that says what it is for (docs/architecture.md, decision 15)."""

from __future__ import annotations

import re
import tomllib

from django.conf import settings

PYPROJECT = settings.BASE_DIR / "pyproject.toml"
COMMENTED = re.compile(r'\s*"(?P<requirement>[^"]+)",\s+# \S.{5,}')


def declared() -> set[str]:
    project = tomllib.loads(PYPROJECT.read_text())
    groups = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    return {requirement for group in groups for requirement in group}


def test_every_dependency_says_what_it_is_for():
    commented = {
        found["requirement"] for line in PYPROJECT.read_text().splitlines() if (found := COMMENTED.match(line))
    }
    assert declared() - commented == set()


def test_every_dependency_is_locked_with_a_hash():
    names = {re.split(r"[\[<>=~!]", requirement)[0].lower() for requirement in declared()}
    locked: set[str] = set()
    for path in settings.BASE_DIR.glob("requirements*.txt"):
        for pinned in re.finditer(
            r"^([\w.-]+)(?:\[\S+\])?==\S+.*\\\n\s+--hash=sha256:", path.read_text(), re.MULTILINE
        ):
            locked.add(pinned[1].lower())
    assert names - locked == set()
