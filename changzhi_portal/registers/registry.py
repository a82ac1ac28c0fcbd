"""The registers of the portal: every `RegisterSheet` declared in an app's `sheets` module."""

from __future__ import annotations

import inspect
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import models

from changzhi_portal.refusals import NotFoundError
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.register import RegisterSheet


@lru_cache(maxsize=1)
def _found() -> dict[str, type[RegisterSheet]]:
    sheets: set[type[RegisterSheet]] = set()
    for app in apps.get_app_configs():
        name = f"{app.name}.sheets"
        if app.name == "changzhi_portal" or find_spec(name) is None:
            continue
        for _, found in inspect.getmembers(import_module(name), inspect.isclass):
            if issubclass(found, RegisterSheet) and not inspect.isabstract(found):
                sheets.add(found)
    return {sheet.name: sheet for sheet in sorted(sheets, key=lambda sheet: sheet.position)}


def registers() -> list[type[RegisterSheet]]:
    """Return all registers in the order an office uploads them."""
    return list(_found().values())


def register_named(name: str) -> type[RegisterSheet]:
    """Return the register called `name`. Raises NotFoundError for an unknown one."""
    try:
        return _found()[name]
    except KeyError:
        raise NotFoundError(
            f"没有“{name}”这张登记表。",
            cure=f"{name!r} is not a register. Choose one of: {', '.join(_found())}.",
            field="register",
        ) from None


def register_writing(model: type[models.Model]) -> type[RegisterSheet] | None:
    """Return the register that writes a model; None for what no register writes."""
    return next((register for register in registers() if model in register.writes_to), None)


def column_for(record: models.Model, attribute: str) -> Column | None:
    """Return the column, of whichever register, that writes an attribute of a record; None without one."""
    register = register_writing(type(record))
    return register.column_for(record, attribute) if register is not None else None
