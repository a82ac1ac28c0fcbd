"""Where the stored chain begins: older records may lie in a signed file, which a record of the trail tells of."""

from __future__ import annotations

import hmac
from typing import NamedTuple

from changelog.models.trail import TrailKind, TrailRecord
from changelog.trail.chain import BEFORE_THE_FIRST, archive_signature, keys_by_id


class Archive(NamedTuple):
    """An archive: the last seal in it, the digest of its file, the file's name and whether its signature holds."""

    record_ref: str
    last_seq: int
    last_mac: str
    sha256: str
    file: str
    is_genuine: bool


def archives() -> list[Archive]:
    """Return what the trail says of its archives, the newest first."""
    return [_archive_of(record) for record in TrailRecord.objects.filter(kind=TrailKind.TRAIL_ARCHIVED)]


def _archive_of(record: TrailRecord) -> Archive:
    said = record.detail
    seq, mac, sha256 = int(said.get("last_seq", 0)), str(said.get("last_mac", "")), str(said.get("sha256", ""))
    signature = str(said.get("signature", ""))
    is_genuine = any(
        hmac.compare_digest(archive_signature(key, last_seq=seq, last_mac=mac, sha256=sha256), signature)
        for key in keys_by_id().values()
    )
    return Archive(record.ref, seq, mac, sha256, str(said.get("file", "")), is_genuine)


def start_of_chain() -> tuple[int, str]:
    """Return number and code of the seal before the first one that is stored: of the newest archive, if there is one."""
    genuine = [archive for archive in archives() if archive.is_genuine]
    if not genuine:
        return 0, BEFORE_THE_FIRST
    newest = max(genuine, key=lambda archive: archive.last_seq)
    return newest.last_seq, newest.last_mac
