"""Sealing: the records of the trail get their numbers and codes in order, some seconds after they were written.

A thread of beat seals, because the processes of the worker may all be busy with uploads for minutes. Sealing is not part
of the transactions that record: a chain written inside them would make every sign-in wait for a long import.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

from celery.signals import beat_init
from django.db import DataError, Error, IntegrityError, connection, transaction
from django.db.models import Max
from django.utils import timezone

from changelog.models.locks import RegisterLock
from changelog.models.trail import TrailKind, TrailRecord, TrailSeal
from changelog.trail import heads, spool
from changelog.trail.archived import start_of_chain
from changelog.trail.chain import FIELDS, HEAD_DIGITS, keys_by_id, mac_of, text_of
from changelog.trail.digests import digests_of_changes
from changelog.trail.recording import record_event, take_in

logger = logging.getLogger(__name__)
EVERY = 20  # seconds
_BATCH = 1_000  # records sealed in one transaction
# Records in whose order keys may be drawn before they are committed. Looking for unsealed records among so many costs
# little; all are looked through once in a while, see `seal_waiting`.
_RECENT = 50_000
_LOCK = "trail"


def seal_waiting(*, among_all: bool = False) -> int:
    """Seal all records that wait, those of the spool included; return how many. Raises the database's errors and OSError.

    `among_all` looks for them among all records, not among the newest: for one whose transaction took very long.
    """
    _take_in_spool()
    _compare_with_head()
    newest = TrailSeal.objects.aggregate(newest=Max("record"))["newest"] or 0
    records = TrailRecord.objects.filter(pk__gt=0 if among_all else newest - _RECENT)
    first = records.unsealed().values_list("pk", flat=True).first()
    return 0 if first is None else sum(map(_seal, _batches_from(first)))


def _batches_from(first: int) -> Iterator[list[int]]:
    """Yield the keys of the records from one on, in batches.

    Those of sealed records too: asking for what waits compares records and seals in full each time.
    """
    after = first - 1
    while keys := list(TrailRecord.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        yield keys
        after = keys[-1]


def _seal(keys: list[int]) -> int:
    """Seal those of the records with these keys that wait; return how many."""
    keys = _waiting(keys)
    if not keys:
        return 0
    # Before the transaction, which on SQLite holds up every other writer.
    sets = TrailRecord.objects.filter(pk__in=keys, change_set__isnull=False).values_list("change_set", "pk")
    of_set = dict(sets)
    digests = {of_set[key]: digest for key, _, digest in digests_of_changes(of_set)} if of_set else {}
    with transaction.atomic():
        RegisterLock.objects.lock(_LOCK)
        last = TrailSeal.objects.order_by("-seq").first()
        seq, before = (last.seq, last.mac) if last else start_of_chain()
        key_id, key = next(iter(keys_by_id().items()))
        now = timezone.now()
        seals = []
        rows = TrailRecord.objects.filter(pk__in=_waiting(keys)).order_by("pk").values_list("pk", *FIELDS)
        for pk, *values in rows:
            seq += 1
            digest = digests.get(pk, "")
            before = mac_of(key, before=before, seq=seq, sealed_at=now, changes_digest=digest, text=text_of(values))
            seals.append(
                TrailSeal(seq=seq, record_id=pk, sealed_at=now, key_id=key_id, changes_digest=digest, mac=before)
            )
        TrailSeal.objects.bulk_create(seals)
    if seals:
        heads.keep_head(seq, before)
    return len(seals)


def _waiting(keys: list[int]) -> list[int]:
    sealed = set(TrailSeal.objects.filter(record__in=keys).values_list("record", flat=True))
    return [key for key in keys if key not in sealed]


def newest_seal() -> str:
    """Return number and first digits of the newest seal, as briefings print them: 1024:0123456789abcdef; "" without any."""
    newest = TrailSeal.objects.order_by("-seq").values_list("seq", "mac").first()
    return "" if newest is None else f"{newest[0]}:{newest[1][:HEAD_DIGITS]}"


def _take_in_spool() -> None:
    """Take in the files of the spool, each once. One that is no record stays there, and the page 运行状况 tells of it."""
    for path in spool.waiting():
        try:
            with transaction.atomic():
                RegisterLock.objects.lock(_LOCK)  # whoever prints, archives or accepts seals beside beat
                take_in(spool.record_in(path))
            path.unlink(missing_ok=True)
        except FileNotFoundError:  # another process has just taken it in
            continue
        except (ValueError, TypeError, KeyError, IntegrityError, DataError) as error:
            logger.error("The trail cannot take in %s: %s", path.name, type(error).__name__)


def head_that_does_not_fit() -> heads.Head | None:
    """Return the newest head kept outside, if the database has no such seal; None if all is well."""
    head = heads.newest_head()
    if head is None or TrailSeal.objects.filter(seq=head.seq, mac=head.mac).exists():
        return None
    archived_to, _ = start_of_chain()
    return None if head.seq <= archived_to else head


def _compare_with_head() -> None:
    """Record that the chain does not reach the head kept outside: its end was cut off, or an old database restored.

    That head is kept for `verify_trail`, and sealing goes on.
    """
    head = head_that_does_not_fit()
    if head is None:
        return
    logger.error("The trail ends before seal %s, which is kept in VAR_DIR/trail/head. Run verify_trail.", head.seq)
    heads.log_head(head)
    newest = TrailSeal.objects.order_by("-seq").first()
    detail = {"outside": [head.seq, head.mac], "database": [newest.seq, newest.mac] if newest else None}
    record_event(TrailKind.TRAIL_MISMATCH, detail=detail)


class Sealer(threading.Thread):
    """The thread that seals every few seconds until its process ends."""

    def __init__(self) -> None:
        super().__init__(name="sealer", daemon=True)
        self._ended = threading.Event()
        self._rounds = 0

    def run(self) -> None:
        """Seal until `end`. Errors are logged, and the next round tries again."""
        while True:
            try:
                # The first time and then once an hour among all records.
                seal_waiting(among_all=self._rounds % (3600 // EVERY) == 0)
            except (Error, OSError) as error:
                logger.warning("The trail cannot be sealed now: %s", type(error).__name__)
            except Exception:
                logger.exception("The trail cannot be sealed")
            finally:
                connection.close()
            self._rounds += 1
            if self._ended.wait(EVERY):
                return

    def end(self) -> None:
        """Have the thread end after its present round."""
        self._ended.set()


@beat_init.connect
def start_sealer(**kwargs: Any) -> None:
    """Start sealing in beat."""
    Sealer().start()
