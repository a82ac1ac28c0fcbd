"""Database writes are in `actions`, so that the code that changes a table is easy to find."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.architecture.apps import FRAME, modules

WRITING_METHODS = frozenset(
    {"save", "create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "delete"}
)
WRITING_FUNCTIONS = frozenset({"insert_rows", "insert_values", "update_rows"})
# Modules outside `actions` that write, and why.
EXCEPTIONS = {
    "accounts/limits.py": "counts attempts to sign in, and refused tokens, for accounts/attempts.py and connections/limits.py alone",
    "changelog/flow.py": "the one way to move a record with states, which actions and pages call",
    "changelog/trail/recording.py": "the one way into the trail, which actions and pages call",
    "changelog/trail/sealing.py": "seals what recording.py has written",
    "reports/files/document.py": "saves a file of python-docx, and no row",
    "reports/pdf/font_files.py": "saves a font of fontTools, and no row",
    "revisions/recompute.py": "everything it writes is rolled back at the end",
    "targets/engine/results.py": "the engine of targets/actions/measuring.py, which alone calls it",
    "targets/reference.py": "called by a migration, with historical models",
}


def writes_in(source: str) -> Iterator[str]:
    """Yield line and name of every call that writes rows; `self.save()` is a method of the class itself, not of a row."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in WRITING_FUNCTIONS:
            yield f"line {node.lineno}: {called.id}"
        if not isinstance(called, ast.Attribute) or _is_own(called.value):
            continue
        # The update of a dictionary takes a dictionary, that of a queryset only keywords.
        is_update = called.attr == "update" and node.keywords and not node.args
        if called.attr in WRITING_METHODS or is_update:
            yield f"line {node.lineno}: {called.attr}"


def _is_own(value: ast.expr) -> bool:
    is_super = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super"
    return is_super or (isinstance(value, ast.Name) and value.id == "self")


def may_write(path: Path) -> bool:
    """Return whether a module belongs to actions, models (their own helpers) or `changzhi_portal`, or is called by an action alone.

    These are retention (privacy/actions.py) and succession (accounts/actions/division_changes.py).
    """
    return path.parts[0] == FRAME or bool(
        {part.removesuffix(".py") for part in path.parts} & {"actions", "models", "retention", "succession"}
    )


@pytest.mark.parametrize("path", [path for path in modules() if not may_write(path)], ids=str)
def test_only_actions_write(path: Path):
    found = list(writes_in((settings.BASE_DIR / path).read_text()))
    if str(path) in EXCEPTIONS:
        assert found, f"{path} writes nothing any more: take it off the list"
    else:
        assert found == [], f"{path} writes outside actions"


@pytest.mark.parametrize(
    "source",
    [
        "batch.save()",
        "Notice.objects.filter(pk=1).update(seen_at=now)",
        "batch.staged_rows.all().delete()",
        "insert_rows(Notice, rows)",
        "queryset.update(**values)",
    ],
)
def test_a_write_is_found(source):
    assert list(writes_in(source))


@pytest.mark.parametrize("source", ["counts.update(found)", "self.save(values)", "super().save(commit)"])
def test_what_is_no_write_of_a_row_is_let_through(source):
    assert not list(writes_in(source))
