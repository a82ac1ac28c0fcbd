"""The personal values in `ChangeRecord.before` and `after`: ciphertexts that are bound to the log, the record and the field."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps

from changzhi_portal.personal import Place, SealedField, stored_value


def logged_at(model: str, name: str, ref: str) -> Place:
    """Return where the log keeps a personal value: the record that it is of, by the model's label, and the field."""
    return Place(f"changelog.changerecord/{model}.{name}/{ref}")


@cache
def sealed_kinds(model: str) -> dict[str, str]:
    """Return the kinds of a model's personal columns by column; none for a model ("app_label.modelname") that is gone."""
    try:
        fields = apps.get_model(model)._meta.concrete_fields
    except LookupError:
        return {}
    return {field.attname: field.kind for field in fields if isinstance(field, SealedField)}


def logged_value(model: str, ref: str, name: str, logged: Any) -> Any:
    """Return the value behind what the log has stored of a field of the record with this `ref`.

    A personal one is a `Sealed`, or a `Wiped` where only its mask is left; any other is as it is stored.
    """
    kind = sealed_kinds(model).get(name)
    return stored_value(kind, logged, logged_at(model, name, ref)) if kind and isinstance(logged, str) else logged
