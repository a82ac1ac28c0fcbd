"""The direction of imports (docs/architecture.md): what import-linter cannot see.

`make check` runs import-linter over all imports, type hints and functions included. These tests examine names that are
imported by string, imports inside functions, and foreign keys by string.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import models

from changzhi_portal.discovery import own_apps
from tests.architecture.apps import FRAME, LEFT_TO_RIGHT, OWN_APPS, may_import, modules, own_models

# Functions that import by name, so that a literal in their call is an import as well.
IMPORT_FUNCTIONS = frozenset({"import_module", "import_string", "get_model", "get_app_config"})
# Foreign keys to an app on the right, by the model's string, each with its reason.
FOREIGN_KEYS_TO_THE_RIGHT = {
    "accounts.User": "who did something; Django's own way is AUTH_USER_MODEL",
    "communities.Division": "the division that a row belongs to: what scope is cut by",
    "uploads.UploadBatch": "the upload that a change came with",
}


def found_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of everything that is imported by a literal name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in IMPORT_FUNCTIONS and isinstance(node.args[0].value, str):
                yield node.lineno, node.args[0].value


def imported_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every import statement and of everything imported by a literal name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, f"{'.' * node.level}{node.module or ''}"
    yield from found_names(tree)


def wrong_names(app: str, source: str) -> list[str]:
    """Return the names that a module of `app` imports by string from an app that it must not import."""
    return [
        f"line {line}: {name}"
        for line, name in found_names(ast.parse(source))
        if name.split(".")[0] in OWN_APPS - may_import(app)
    ]


# Modules that load neighbours of ours late, and why.
LOADED_LATE = {
    "reports/actions/files.py": "python-docx takes 0.2 s to import, which only printing needs",
    "reports/pdf/rendering.py": "its neighbours are parts of WeasyPrint's work, which takes 0.5 s to import",
}


def imports_in_functions(source: str) -> list[str]:
    """Return the imports of the portal's own modules inside functions."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return [
        f"line {line}: {name}"
        for function in ast.walk(ast.parse(source))
        if isinstance(function, functions)
        for line, name in imported_names(function)
        if name.split(".")[0] in OWN_APPS or name.startswith(".")
    ]


@pytest.mark.parametrize("app", sorted(OWN_APPS))
def test_an_app_finds_nothing_by_name_to_its_right(app: str):
    wrong = {
        str(path): found
        for path in modules()
        if path.parts[0] == app and (found := wrong_names(app, (settings.BASE_DIR / path).read_text()))
    }
    assert wrong == {}


@pytest.mark.parametrize("app", sorted(OWN_APPS))
def test_no_import_of_ours_hides_in_a_function(app: str):
    hidden = {
        str(path): found
        for path in modules()
        if path.parts[0] == app
        and str(path) not in LOADED_LATE
        and (found := imports_in_functions((settings.BASE_DIR / path).read_text()))
    }
    assert hidden == {}


@pytest.mark.parametrize("app", sorted(OWN_APPS))
def test_no_business_rule_hides_in_a_model_signal(app: str):
    for path in (path for path in modules() if path.parts[0] == app):
        names = {name for _, name in imported_names(ast.parse((settings.BASE_DIR / path).read_text()))}
        assert names & {"django.db.models.signals", "django.dispatch"} == set(), path


def foreign_keys_to_the_right() -> Iterator[tuple[str, str]]:
    """Yield (field, model it points at) for each foreign key into an app that the model's own app may not import."""
    for model in own_models():
        for field in model._meta.local_fields:
            related = field.related_model
            if isinstance(field, models.ForeignKey) and isinstance(related, type):
                app = related._meta.app_label
                if app in OWN_APPS - may_import(model.__module__.split(".")[0]):
                    yield str(field), related._meta.label


def test_a_foreign_key_points_right_only_for_a_known_reason():
    assert {target for _, target in foreign_keys_to_the_right()} == set(FOREIGN_KEYS_TO_THE_RIGHT)


def test_every_app_of_ours_has_its_place_in_the_order():
    assert {config.name for config in own_apps()} == OWN_APPS
    assert {path.parts[0] for path in modules()} == OWN_APPS


@pytest.mark.parametrize(
    ("app", "source"),
    [
        ("periods", "apps.get_model('targets.TargetPlan')"),
        ("periods", "import_module('targets.actions')"),
        (FRAME, "import_string('communities.models.Division')"),
        ("uploads", "apps.get_model('communities.Community')"),
    ],
)
def test_the_check_finds_what_it_is_for(app, source):
    assert wrong_names(app, source)


def test_the_check_lets_through_what_is_right():
    assert LEFT_TO_RIGHT[-2:] == ("privacy", "demo")
    assert wrong_names("reports", "apps.get_model('targets.Target')") == []
    assert imports_in_functions("import accounts\ndef draw():\n    import weasyprint") == []
    assert imports_in_functions("def draw():\n    from accounts import models")
