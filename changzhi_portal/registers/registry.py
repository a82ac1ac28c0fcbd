"""The registers of the portal: every `RegisterSheet` declared in an app's `sheets` module."""

from __future__ import annotations

from functools import cache

from django.db import models

from changzhi_portal.discovery import by_key, classes_in
from changzhi_portal.refusals import NotFoundError
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.register import RegisterSheet


@cache
def _sheets_by_name() -> dict[str, type[RegisterSheet]]:
    sheets = classes_in("sheets", RegisterSheet)
    return by_key(sorted(sheets, key=lambda sheet: sheet.position), lambda sheet: sheet.name)


def registers() -> list[type[RegisterSheet]]:
    """Return all registers in the order an office uploads them."""
    return list(_sheets_by_name().values())


def needed_registers() -> list[type[RegisterSheet]]:
    """Return the registers that every office brings in each month, in the order an office uploads them."""
    return [register for register in registers() if register.is_needed]


def register_named(name: str) -> type[RegisterSheet]:
    """Return the register called `name`. Raises NotFoundError for an unknown one."""
    try:
        return _sheets_by_name()[name]
    except KeyError:
        raise NotFoundError(
            f"没有“{name}”这张登记表。",
            cure=f"{name!r} is not a register. Choose one of: {', '.join(_sheets_by_name())}.",
            field="register",
        ) from None


def register_of(model: type[models.Model]) -> type[RegisterSheet] | None:
    """Return the register whose rows are about records of a model; None without one."""
    return next((register for register in registers() if register.model is model), None)


def register_writing(model: type[models.Model]) -> type[RegisterSheet] | None:
    """Return the register that writes a model, before others that write it too its own; None for what no register writes."""
    return register_of(model) or next((register for register in registers() if model in register.writes_to), None)


def column_for(record: models.Model, attribute: str) -> Column | None:
    """Return the column, of whichever register, that writes an attribute of a record; None without one."""
    register = register_writing(type(record))
    return register.column_for(record, attribute) if register is not None else None
