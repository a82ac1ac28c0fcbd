"""Verification of the trail: is every record as it was sealed, and is none missing or slipped in?

What this cannot prove is said in docs/audit.md.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils import timezone

from changelog.models import ChangeSet, TrailRecord, TrailSeal
from changelog.trail.accepted import accepted_heads
from changelog.trail.archived import archives, start_of_chain
from changelog.trail.chain import FIELDS, HEAD_DIGITS, keys_by_id, mac_of, text_of
from changelog.trail.digests import digests_of_changes
from changelog.trail.heads import Head, kept_heads

_CHUNK = 5_000
# A record that waits longer for its seal than sealing ever takes.
_LATE = datetime.timedelta(hours=2)
_SEAL_FIELDS = ("seq", "sealed_at", "key_id", "changes_digest", "mac", "record__change_set_id")


class Fault(StrEnum):
    """What may be wrong with the trail."""

    ALTERED = "altered"
    REMOVED = "removed"
    UNSEALED = "unsealed"
    CHANGES = "changes"  # a change set or its records
    UNRECORDED = "unrecorded"  # a change set without a record
    KEY = "key"
    ARCHIVE = "archive"
    HEAD = "head"  # of the seals kept outside the database


@dataclass(frozen=True)
class TrailFinding:
    """One fault, with the number of the seal and the ref of the record or change set that it is about."""

    fault: Fault
    seq: int | None
    ref: str
    sentence: str

    def __str__(self) -> str:
        place = f"seal {self.seq}" if self.seq is not None else "no seal"
        return f"{self.fault} ({place}{f', {self.ref}' if self.ref else ''}): {self.sentence}"


@dataclass
class Verification:
    """The outcome: how many seals were checked, how many records wait, the newest seal, and what is wrong."""

    sealed: int = 0
    waiting: int = 0
    head: tuple[int, str] | None = None
    findings: list[TrailFinding] = field(default_factory=list)

    def add(self, fault: Fault, sentence: str, *, seq: int | None = None, ref: str = "") -> None:
        """Add a finding."""
        self.findings.append(TrailFinding(fault, seq, ref, sentence))


def verify_trail(*, heads: Sequence[tuple[int, str]] = ()) -> Verification:
    """Verify the chain, the change sets that it vouches for, and the seals kept outside the database.

    `heads` are further ones, such as those printed on briefings: number and the first digits of the code.
    """
    found = Verification()
    expected_digests = _verify_chain(found)
    _verify_changes(found, expected_digests)
    _verify_unsealed(found)
    _verify_heads(found, heads)
    for archive in archives():
        if not archive.is_genuine:
            found.add(
                Fault.ARCHIVE, "It tells of an archive, with a signature that no key has made.", ref=archive.record_ref
            )
    return found


def _verify_chain(found: Verification) -> dict[int, tuple[int, str]]:
    """Check every seal; return number and digest by the key of the change sets that they vouch for.

    A wrong code may be that of an altered record or itself altered: the next seal was made over the right one. So each
    seal may follow the stored code before it or the one that should stand there, and every fault is found once.
    """
    keys = keys_by_id()
    digests: dict[int, tuple[int, str]] = {}
    last_seq, stored = start_of_chain()
    right = stored
    for (seq, sealed_at, key_id, digest, mac, change_set), values in _seals():
        found.sealed += 1
        if change_set is not None:
            digests[change_set] = seq, digest
        is_gap = seq != last_seq + 1
        if is_gap:
            missing = f"{last_seq + 1}" if seq == last_seq + 2 else f"{last_seq + 1} to {seq - 1}"
            found.add(Fault.REMOVED, f"Missing: {missing}.", seq=last_seq + 1)
        last_seq, ref = seq, values[0]
        key = keys.get(key_id)
        if key is None:
            found.add(Fault.KEY, f"No key of TRAIL_KEYS is called {key_id}.", seq=seq, ref=ref)
            stored = right = mac
            continue
        text = text_of(values)
        codes = [
            mac_of(key, before=before, seq=seq, sealed_at=sealed_at, changes_digest=digest, text=text)
            for before in dict.fromkeys((right, stored))
        ]
        # After a gap the code before is unknown, so the record cannot be judged.
        if mac not in codes and not is_gap:
            found.add(Fault.ALTERED, "The record or its seal is not what was sealed.", seq=seq, ref=ref)
        stored, right = mac, mac if is_gap or mac in codes else codes[0]
    found.head = (last_seq, stored) if last_seq else None
    return digests


def _seals() -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Yield each seal and the hashed values of its record, in order."""
    rows = TrailSeal.objects.order_by("seq").values_list(*_SEAL_FIELDS, *(f"record__{name}" for name in FIELDS))
    width = len(_SEAL_FIELDS)
    for row in rows.iterator(chunk_size=_CHUNK):
        yield row[:width], row[width:]


def _verify_changes(found: Verification, expected: dict[int, tuple[int, str]]) -> None:
    """Compare every change set with the digest that its seal holds."""
    missing = set(expected)
    for pk, ref, digest in digests_of_changes():
        missing.discard(pk)
        seq, sealed = expected.get(pk, (None, digest))
        if digest != sealed:
            found.add(Fault.CHANGES, "The change set is not what was sealed.", seq=seq, ref=ref)
    for pk in missing:
        found.add(Fault.CHANGES, "The change set is missing.", seq=expected[pk][0])


def _verify_unsealed(found: Verification) -> None:
    """Find records that were never sealed, and change sets that nothing was recorded of."""
    late = timezone.now() - _LATE
    for ref, made_at in TrailRecord.objects.unsealed().values_list("ref", "made_at").iterator(chunk_size=_CHUNK):
        found.waiting += 1
        if made_at < late:
            found.add(Fault.UNSEALED, f"Recorded at {made_at:%Y-%m-%d %H:%M}, and not sealed since.", ref=ref)
    # Of the first seal, because nobody without the key puts another one before it.
    first = TrailSeal.objects.order_by("seq").values_list("record__made_at", flat=True).first()
    if first is not None:
        if archives():  # records of the last transactions before may have been archived
            first += datetime.timedelta(days=1)
        # What migrations change is logged without a record.
        unrecorded = ChangeSet.objects.filter(trail_record__isnull=True, made_at__gt=first).exclude(
            made_by__username="system"
        )
        for ref in unrecorded.values_list("ref", flat=True):
            found.add(Fault.UNRECORDED, "The trail has no record of this change set.", ref=ref)


def _verify_heads(found: Verification, printed: Sequence[tuple[int, str]]) -> None:
    """Compare the seals kept outside the database with those in it."""
    archived_to, _ = start_of_chain()
    accepted = accepted_heads()
    kept = kept_heads()
    if kept.unreadable:
        found.add(Fault.HEAD, f"{kept.unreadable} lines of the seals kept outside cannot be read.")
    outside = [(head.seq, head.mac, _where(head)) for head in kept.heads if (head.seq, head.mac) not in accepted]
    outside += [(seq, code, "printed") for seq, code in printed]
    stored = dict(TrailSeal.objects.filter(seq__in=[seq for seq, *_ in outside]).values_list("seq", "mac"))
    for seq, code, where in dict.fromkeys(outside):
        if seq > archived_to and not stored.get(seq, "").startswith(code):
            what = "is another one in the database" if seq in stored else "is missing in the database"
            found.add(Fault.HEAD, f"The seal {code[:HEAD_DIGITS]}, {where}, {what}.", seq=seq)


def _where(head: Head) -> str:
    return f"kept outside at {head.kept_at:%Y-%m-%d %H:%M} UTC"
