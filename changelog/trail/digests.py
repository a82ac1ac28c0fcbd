"""The digest of a change set: what a seal says of it and its records (ADR 0026).

SHA-256 over a line for the set, a JSON array of SET_FIELDS, and one for each ChangeRecord in the order of their keys, a JSON
array of FIELDS. Personal values stand in it as masks, so that the digest is the same under new keys and after values were
wiped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from django.apps import apps

from changelog.models.changes import ChangeRecord, ChangeSet
from changelog.trail.chain import moment
from changzhi_portal.personal import Sealed, SealedField

SET_FIELDS: Final = ("ref", "made_at", "made_by_id", "batch_id", "reverses_id", "summary", "reason", "affects_figures")
FIELDS: Final = ("model", "object_id", "object_ref", "object_label", "kind", "batch_row", "before", "after")
_CHUNK = 2_000  # records held in memory at a time


def digest_of_changes(change_set_id: int) -> str:
    """Return the digest (64 hex digits) of one change set."""
    head = ChangeSet.objects.values_list(*SET_FIELDS).get(pk=change_set_id)
    rows = ChangeRecord.objects.filter(change_set=change_set_id).order_by("pk").values_list(*FIELDS)
    return digest_of_rows(head, rows.iterator(chunk_size=_CHUNK))


def digest_of_rows(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """Return the digest of a change set and its records, given as the values of SET_FIELDS and FIELDS."""
    hashed = hashlib.sha256(_line(head))
    for label, *others, before, after in rows:
        hashed.update(_line([label, *others, masked_values(label, before), masked_values(label, after)]))
    return hashed.hexdigest()


def _line(values: Sequence[Any]) -> bytes:
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=moment)
    return f"{text}\n".encode()


def masked_values(label: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return logged values of a record with personal ones masked; `label` names the model ("app_label.modelname")."""
    kinds = _sealed_kinds(label)
    return {
        name: str(Sealed(kinds[name], token=value)) if name in kinds and value else value
        for name, value in values.items()
    }


@cache
def _sealed_kinds(label: str) -> dict[str, str]:
    """Return the kinds of the model's sealed fields by name; none for a model that no longer exists."""
    try:
        model = apps.get_model(label)
    except LookupError:
        return {}
    return {field.name: field.kind for field in model._meta.concrete_fields if isinstance(field, SealedField)}
