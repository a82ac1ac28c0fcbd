"""The registers that can be uploaded: every `RegisterSheet` declared in an app's `sheets` module."""

from __future__ import annotations

from functools import cache

from changzhi_portal.discovery import by_key, classes_in
from changzhi_portal.refusals import NotFoundError
from changzhi_portal.registers.register import RegisterSheet


@cache
def _sheets_by_name() -> dict[str, type[RegisterSheet]]:
    sheets = classes_in("sheets", RegisterSheet)
    return by_key(sorted(sheets, key=lambda sheet: sheet.position), lambda sheet: sheet.name)


def registers() -> list[type[RegisterSheet]]:
    """Return all registers in the order in which an office uploads them."""
    return list(_sheets_by_name().values())


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
