"""Which way imports run (design.md): what lies left never needs what lies right, and no trick gets round it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from tests.architecture.apps import FRAME, LEFT_TO_RIGHT, OWN_APPS, may_import, modules

# Functions that import or find by name, so that a literal in them is an import as well.
FINDERS = frozenset({"import_module", "import_string", "get_model", "get_app_config"})


def imported_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything that is imported, anywhere in the module, also by a literal name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, f"{'.' * node.level}{node.module or ''}"
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in FINDERS and isinstance(node.args[0].value, str):
                yield node.lineno, node.args[0].value


def wrong_imports(app: str, source: str) -> list[str]:
    """What a module of `app` imports from an app that it must not know."""
    return [
        f"line {line}: {name}"
        for line, name in imported_names(ast.parse(source))
        if name.split(".")[0] in OWN_APPS - may_import(app)
    ]


def imports_in_functions(source: str) -> list[str]:
    """Imports of the portal's own modules that hide in a function."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return [
        f"line {line}: {name}"
        for function in ast.walk(ast.parse(source))
        if isinstance(function, functions)
        for line, name in imported_names(function)
        if name.split(".")[0] in OWN_APPS or name.startswith(".")
    ]


@pytest.mark.parametrize("path", modules(), ids=str)
def test_a_module_imports_only_from_its_left(path: Path):
    assert wrong_imports(path.parts[0], (settings.BASE_DIR / path).read_text()) == []


@pytest.mark.parametrize("path", modules(), ids=str)
def test_no_import_of_ours_hides_in_a_function(path: Path):
    assert imports_in_functions((settings.BASE_DIR / path).read_text()) == []


@pytest.mark.parametrize("path", modules(), ids=str)
def test_no_business_rule_hides_in_a_model_signal(path: Path):
    names = {name for _, name in imported_names(ast.parse((settings.BASE_DIR / path).read_text()))}
    assert names & {"django.db.models.signals", "django.dispatch"} == set()


def test_every_app_of_ours_has_its_place_in_the_order():
    root = settings.BASE_DIR
    installed = {config.name for config in apps.get_app_configs() if Path(config.path).parent == root}
    assert installed == OWN_APPS
    assert {path.parts[0] for path in modules()} == OWN_APPS


@pytest.mark.parametrize(
    ("app", "source"),
    [
        ("communities", "from accounts.models import User"),
        ("communities", "import accounts.models as people"),
        ("targets", "def late():\n    from reports import words"),
        (FRAME, "if TYPE_CHECKING:\n    from communities.models import Division"),
        ("uploads", "from communities.models import Community"),
        ("periods", "apps.get_model('targets.TargetPlan')"),
        ("periods", "import_module('targets.actions')"),
    ],
)
def test_the_check_finds_what_it_is_for(app, source):
    assert wrong_imports(app, source)


def test_the_check_lets_through_what_is_right():
    assert LEFT_TO_RIGHT[-2:] == ("reports", "demo")
    assert wrong_imports("reports", "from targets.models import Target\nimport accounts") == []
    assert wrong_imports("uploads", "from accounts.models import User\nfrom uploads import models") == []
    assert imports_in_functions("import accounts\ndef draw():\n    import weasyprint") == []
    assert imports_in_functions("def draw():\n    from accounts import models")
