"""The chain: what of a record is hashed, and how (ADR 0026). `scripts/check_trail.py` does the same without this module.

The text of a record is a JSON array of its fields in the order of FIELDS, without blanks. A seal's code is
HMAC-SHA256(key, code before + "\\n" + seq + "\\n" + seconds of sealing + "\\n" + digest of changes + "\\n" + text), in hex; the code
before the first seal is 64 zeros. Nothing in it is ciphertext, so that new keys and wiped values leave it as it is.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from django.conf import settings

from changelog.models.trail import MAC_LENGTH

# The hashed fields of a TrailRecord.
FIELDS: Final = (
    "ref", "made_at", "kind", "made_by_id", "username", "division_id", "address", "device", "request_id", "change_set_id",
    "model", "object_ref", "object_label", "rows", "reason", "detail_json",
)  # fmt: skip
BEFORE_THE_FIRST: Final = "0" * MAC_LENGTH
HEAD_DIGITS: Final = 16  # of a code, as printed on briefings


@lru_cache(maxsize=8)
def key_id_of(key: str) -> str:
    """Return the short name of a key, by which a seal says which one made it."""
    return hashlib.sha256(f"trail key {key}".encode()).hexdigest()[:8]


def keys_by_id() -> dict[str, bytes]:
    """Return the keys of TRAIL_KEYS by their short names, the newest first."""
    return {key_id_of(key): key.encode() for key in settings.TRAIL_KEYS}


def moment(time: datetime.datetime) -> str:
    """Return a time as it is hashed: in UTC, with microseconds."""
    return time.astimezone(datetime.UTC).isoformat(timespec="microseconds")


def archive_signature(key: bytes, *, last_seq: int, last_mac: str, sha256: str) -> str:
    """Return the signature of an archive (64 hex digits): that the chain up to a seal lies in the file of this digest."""
    return hmac.digest(key, f"archive\n{last_seq}\n{last_mac}\n{sha256}".encode(), "sha256").hex()


def text_of(values: Sequence[Any]) -> str:
    """Return the text of a record from its values in the order of FIELDS; `made_at` is a time."""
    ref, made_at, *others = values
    return json.dumps([ref, moment(made_at), *others], ensure_ascii=False, separators=(",", ":"))


def mac_of(key: bytes, *, before: str, seq: int, sealed_at: datetime.datetime, changes_digest: str, text: str) -> str:
    """Return the code of a seal (64 hex digits)."""
    message = f"{before}\n{seq}\n{moment(sealed_at)}\n{changes_digest}\n{text}"
    return hmac.digest(key, message.encode(), "sha256").hex()
