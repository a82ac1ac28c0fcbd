"""The digest of a change set: what a seal says of it and its records (ADR 0026).

SHA-256 over a line for the set, a JSON array of SET_FIELDS, and one for each ChangeRecord in the order of their keys, a JSON
array of FIELDS. Personal values stand in it as masks, so that the digest is the same under new keys and after values were
wiped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from changelog.models.changes import ChangeRecord, ChangeSet
from changelog.models.logged_values import logged_value
from changelog.trail.chain import moment
from changzhi_portal.personal import CannotDecryptError, Sealed, Wiped, mask_of

SET_FIELDS: Final = ("ref", "made_at", "made_by_id", "batch_id", "reverses_id", "summary", "reason", "affects_figures")
FIELDS: Final = ("model", "object_id", "object_ref", "object_label", "kind", "batch_row", "before", "after")
_CHUNK = 2_000  # records held in memory at a time
_NO_MORE: Final = (None, ())


def digests_of_changes(among: Collection[int] | None = None) -> Iterator[tuple[int, str, str]]:
    """Yield key, ref and digest (64 hex digits) of change sets, those `among` the keys or all, in the order of their keys.

    Two queries, however many sets there are; their records are read in chunks.
    """
    sets, records = ChangeSet.objects.order_by("pk"), ChangeRecord.objects.order_by("change_set_id", "pk")
    if among is not None:
        sets, records = sets.filter(pk__in=among), records.filter(change_set__in=among)
    rows = records.values_list("change_set_id", *FIELDS).iterator(chunk_size=_CHUNK)
    grouped = groupby(rows, key=itemgetter(0))
    key, of_key = next(grouped, _NO_MORE)
    for pk, *head in sets.values_list("pk", *SET_FIELDS).iterator(chunk_size=_CHUNK):
        while key is not None and key < pk:  # records of a set that is gone, which only raw SQL leaves
            key, of_key = next(grouped, _NO_MORE)
        yield pk, head[0], _digest_of_rows(head, (row[1:] for row in of_key) if key == pk else ())


def _digest_of_rows(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
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
