"""Seals kept outside the database that it lacks, and that somebody with the key has accepted: after restoring a backup."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from changelog.models.trail import TrailKind, TrailRecord
from changelog.trail.chain import keys_by_id

SealKept = tuple[int, str]  # number and code


def acceptance_signature(key: bytes, heads: Sequence[SealKept]) -> str:
    """Return the signature under the acceptance of seals (64 hex digits)."""
    lines = "".join(f"\n{seq} {mac}" for seq, mac in heads)
    return hmac.digest(key, f"accepted{lines}".encode(), "sha256").hex()


def accepted_heads() -> set[SealKept]:
    """Return the seals whose absence was accepted.

    An acceptance without a right signature counts for nothing: sealing gives every record its place in the chain, also one
    that somebody with the database alone has added.
    """
    accepted: set[SealKept] = set()
    for record in TrailRecord.objects.filter(kind=TrailKind.TRAIL_ACCEPTED):
        heads = [(int(seq), str(mac)) for seq, mac in record.detail.get("heads", [])]
        signature = str(record.detail.get("signature", ""))
        if any(hmac.compare_digest(acceptance_signature(key, heads), signature) for key in keys_by_id().values()):
            accepted.update(heads)
    return accepted
