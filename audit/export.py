"""The trail as a file, which `scripts/check_trail.py` verifies without the portal.

One JSON array a line (JSON Lines, UTF-8). The first is an object that says what follows; then each sealed record:
`[seq, code, key, sealed at, digest of changes, [the record's fields]]`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from changelog.models import TrailSeal
from changelog.trail.archived import start_of_chain
from changelog.trail.chain import FIELDS, moment

FORMAT: Final = "changzhi-trail-1"
_SEAL_FIELDS = ("seq", "mac", "key_id", "sealed_at", "changes_digest")
_CHUNK = 5_000


class WrittenTrail(NamedTuple):
    """What was written: how many records, the last seal, and the SHA-256 of the file."""

    rows: int
    last_seq: int
    last_mac: str
    sha256: str


class _Hashed:
    """A file that is hashed while it is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.hash = file, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


def write_trail(path: Path, *, up_to: int | None = None) -> WrittenTrail:
    """Write all seals with their records, or those up to a number, to a new file (gzip, mode 0600).

    Raises FileExistsError and other OSErrors; then no file is left.
    """
    seals = TrailSeal.objects.order_by("seq")
    if up_to is not None:
        seals = seals.filter(seq__lte=up_to)
    rows = seals.values_list(*_SEAL_FIELDS, *(f"record__{name}" for name in FIELDS))
    after_seq, after_mac = start_of_chain()
    head = {"format": FORMAT, "after_seq": after_seq, "after_code": after_mac, "fields": FIELDS}
    count, last = 0, (after_seq, after_mac)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            hashed = _Hashed(raw)
            with gzip.GzipFile(filename="", mode="wb", fileobj=hashed, mtime=0) as file:
                file.write(_line(head))
                for seq, mac, key, sealed_at, digest, ref, made_at, *others in rows.iterator(chunk_size=_CHUNK):
                    file.write(_line([seq, mac, key, moment(sealed_at), digest, [ref, moment(made_at), *others]]))
                    count, last = count + 1, (seq, mac)
            raw.flush()
            os.fsync(raw.fileno())
    except BaseException:
        path.unlink()
        raise
    return WrittenTrail(count, *last, hashed.hash.hexdigest())


def _line(value: Any) -> bytes:
    return f"{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n".encode()
