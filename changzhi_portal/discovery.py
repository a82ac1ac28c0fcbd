"""Discovery of what the apps declare in `<app>/panels.py`, `menu.py`, `quality.py`, `indicators.py`, `jobs.py`, `sheets` and others.

An app that declares something in a module of one of these names needs no entry elsewhere, and the code that uses the
declarations does not import the app. `changzhi_portal` itself is left out: its modules of these names define the
classes of the declarations.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from django.apps import AppConfig, apps
from django.conf import settings
from django.utils.module_loading import module_has_submodule

Declared = TypeVar("Declared")
FRAME = "changzhi_portal"


@cache
def own_apps() -> tuple[AppConfig, ...]:
    """Return the portal's own apps in the order of INSTALLED_APPS: those whose package lies in the repository's root."""
    return tuple(app for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR)


@cache
def modules_named(name: str) -> tuple[ModuleType, ...]:
    """Import `<app>.<name>` of every own app that has it, except `changzhi_portal`, and return the modules in order."""
    return tuple(
        import_module(f"{app.name}.{name}")
        for app in own_apps()
        if app.name != FRAME and app.module is not None and module_has_submodule(app.module, name)
    )


@cache
def instances_in(name: str, kind: type[Declared]) -> tuple[Declared, ...]:
    """Return the instances of `kind` in the apps' modules called `name`, in order, each once."""
    instances = [value for module in modules_named(name) for value in vars(module).values() if isinstance(value, kind)]
    return tuple({id(value): value for value in instances}.values())


@cache
def classes_in(name: str, base: type[Declared]) -> tuple[type[Declared], ...]:
    """Return the non-abstract subclasses of `base` that the apps' modules called `name` declare, in order.

    A class that a module imports from another app is left out; one that it imports from its own submodule is included.
    """
    return tuple(
        value
        for module in modules_named(name)
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, base)
        and not inspect.isabstract(value)
        and f"{value.__module__}.".startswith(f"{module.__name__}.")
    )


def by_key(declarations: Iterable[Declared], key: Callable[[Declared], Any]) -> dict[Any, Declared]:
    """Return the declarations by their key. Raises ValueError when two of them have the same key."""
    keyed: dict[Any, Declared] = {}
    for declared in declarations:
        if keyed.setdefault(key(declared), declared) is not declared:
            raise ValueError(f"{declared} and {keyed[key(declared)]} are both called {key(declared)!r}.")
    return keyed
