"""Messages of violated database constraints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, models

from changzhi_portal.records import field_of


def violation_in_words(error: IntegrityError, among: Iterable[type[models.Model]]) -> str:
    """Return the message of the models' constraint that was violated, found by its name or, on SQLite, by its columns."""
    text = str(error)
    for model in among:
        for constraint in model._meta.constraints:
            columns = _columns_of(model, constraint)
            if constraint.name in text or (columns and f"UNIQUE constraint failed: {columns}" in text):
                return str(constraint.violation_error_message)
    return "与登记表中现有的记录冲突。"


def _columns_of(model: type[models.Model], constraint: Any) -> str:
    fields = getattr(constraint, "fields", ())
    return ", ".join(f"{model._meta.db_table}.{field_of(model, name).column}" for name in fields)
