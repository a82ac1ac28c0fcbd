"""The digest of a change set: what a seal says of it and its records (ADR 0026).

SHA-256 over a line for the set, a JSON array of SET_FIELDS, and one for each ChangeRecord in the order of their keys, a JSON
array of FIELDS. Personal values stand in it as masks, so that the digest is the same under new keys and after values were
wiped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from changelog.models.changes import ChangeRecord, ChangeSet
from changelog.models.logged_values import logged_value
from changelog.trail.chain import moment
from changzhi_portal.personal import CannotDecryptError, Sealed, Wiped, mask_of

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
    for label, key, ref, *others, before, after in rows:
        masked = (masked_values(label, ref, values) for values in (before, after))
        hashed.update(_line([label, key, ref, *others, *masked]))
    return hashed.hexdigest()


def _line(values: Sequence[Any]) -> bytes:
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=moment)
    return f"{text}\n".encode()


def masked_values(label: str, ref: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return logged values of the record with this `ref` with personal ones masked, those that were wiped too.

    `label` names the model ("app_label.modelname").
    """
    known = {name: logged_value(label, ref, name, value) for name, value in values.items()}
    return {name: _masked(value) if isinstance(value, Sealed | Wiped) else value for name, value in known.items()}


def _masked(value: Sealed | Wiped) -> str:
    """Return the mask. One that no key opens, because it was altered, has another digest than before, and stops nothing."""
    try:
        return mask_of(value)
    except CannotDecryptError:
        return "cannot be decrypted"
