"""Finds what the portal's apps declare: `<app>/panels.py`, `quality.py`, `indicators.py`, `jobs.py`, `sheets`.

An app that declares something in a module of the agreed name needs no entry anywhere else, and the code that uses the
declarations does not import the app. The frame itself is left out: its modules of these names say what can be declared.
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
    """Import `<app>.<name>` of every own app that has it, but the frame, and return the modules in the apps' order."""
    return tuple(
        import_module(f"{app.name}.{name}")
        for app in own_apps()
        if app.name != FRAME and app.module is not None and module_has_submodule(app.module, name)
    )


@cache
def instances_in(name: str, kind: type[Declared]) -> tuple[Declared, ...]:
    """Return the instances of `kind` that stand in the apps' modules called `name`, in order, each once."""
    found = [value for module in modules_named(name) for value in vars(module).values() if isinstance(value, kind)]
    return tuple({id(value): value for value in found}.values())


@cache
def classes_in(name: str, base: type[Declared]) -> tuple[type[Declared], ...]:
    """Return the subclasses of `base` that the apps' modules called `name` declare, in order, without abstract ones.

    A class that a module only imports from another app does not count; one of the module's own submodules does.
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


def by_key(found: Iterable[Declared], key: Callable[[Declared], Any]) -> dict[Any, Declared]:
    """Return the declarations by their key. Raises ValueError when two of them have the same."""
    keyed: dict[Any, Declared] = {}
    for declared in found:
        if keyed.setdefault(key(declared), declared) is not declared:
            raise ValueError(f"{declared} and {keyed[key(declared)]} are both called {key(declared)!r}.")
    return keyed
