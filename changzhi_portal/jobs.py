"""Background work on rows: claimed by one worker, kept by a heartbeat, put back when its worker has died.

The state of a row decides. A message in a queue only tells a worker that a row waits, so a lost or repeated message
does no harm. Each app declares its kinds of work in `<app>/jobs.py`:

    PRINT = JobKind(
        model=Briefing, task="reports.tasks.print_briefing", queue=Queue.REPORTS,
        waiting=State.QUEUED, running=State.PRINTING, failed=State.FAILED, given_up="…", broken="…",
    )

1. The caller that requests the work writes `PRINT.queued()` to the row and calls `PRINT.announce(pk)` in the same
   transaction.
2. The task calls `PRINT.claim(pk)`: a conditional UPDATE that succeeds for one worker. The others get None.
3. The worker calls `claim.heartbeat()` between its steps. It ends the work by `claim.finish(…)`, or by `claim.hold()` in
   the transaction that writes the outcome. Each raises ClaimLostError when the row no longer belongs to this worker.
4. Beat calls `put_back_jobs()` every few seconds (`changzhi_portal.tasks`).

A row is put back when it has been running for `lease` without a heartbeat. A transaction that has locked the row (see
`Claim.hold`) needs no heartbeat, however long it takes: `put_back` skips locked rows on PostgreSQL, and on SQLite it
cannot begin before the transaction has ended. Any other step must be shorter than the lease.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db import InterfaceError, OperationalError, ProgrammingError, models, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone

from changzhi_portal.celery import Queue, enqueue
from changzhi_portal.discovery import instances_in
from changzhi_portal.records import field_of, new_ref
from changzhi_portal.refusals import PortalError

logger = logging.getLogger(__name__)
LEASE = datetime.timedelta(seconds=60)
REMIND_AFTER = datetime.timedelta(seconds=30)
MAX_ATTEMPTS = 3
# A worker drops a message from beat that it takes later than this, because beat sends another one.
_REMINDER_EXPIRES = 60  # seconds


class ClaimLostError(Exception):
    """The row was given to another worker, or its work has ended, since this worker claimed it."""


class Job(models.Model):
    """Columns of a model whose rows are processed by a worker. The model adds a column with the state."""

    heartbeat_at = models.DateTimeField("心跳", null=True, blank=True, help_text="最近一次排队、领取或处理的时间")
    attempts = models.PositiveIntegerField("尝试次数", default=0)
    claim_token = models.CharField("领取标记", max_length=13, blank=True, editable=False, help_text="正在处理的那一次")

    class Meta:
        abstract = True


class QueuedJob(Job):
    """Columns of a model whose rows wait for a worker because somebody has requested the work."""

    queued_at = models.DateTimeField("排队时间", null=True, blank=True, editable=False)

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=Job)


@dataclass(frozen=True, kw_only=True, eq=False)
class JobKind(Generic[Row]):
    """One kind of background work on the rows of a model. A model may have several kinds, with different states."""

    model: type[Row]
    queue: Queue
    running: str
    # The state of a row whose work failed, or was given up after `max_attempts` workers had died; an expression where it
    # depends on the row.
    failed: str | Case
    # The state in which a row waits for a worker. None for rows that become due in another way: these are claimed in
    # any state but `running`, `find_due` returns the keys for which the task is sent, and the row of a dead worker is
    # set to `failed`.
    waiting: str | None = None
    # The Celery task, called with one key. None when beat calls a task that takes all waiting rows.
    task: str | None = None
    find_due: Callable[[], Iterable[int]] | None = None
    state_field: str = "state"
    # The column for the sentence that says why the work failed; None when the model has none.
    message_field: str | None = "message"
    given_up: str = ""  # message of a row that was given up
    broken: str = ""  # message of a row whose work raised an error other than PortalError
    unreachable: str = ""  # message of a row that waits because the broker cannot be reached
    cleared: Mapping[str, Any] = field(default_factory=dict)  # set only while a row is running, with their blank value
    lease: datetime.timedelta = LEASE
    remind_after: datetime.timedelta = REMIND_AFTER  # a waiting row is due when it has not been changed for this long
    max_attempts: int | None = MAX_ATTEMPTS  # None: never given up
    # The column that says since when a row waits.
    waiting_since: str = "queued_at"
    # The state that only rows have whose work has failed, so that they can be counted; "" for a kind without one, or
    # whose model has another kind that counts them.
    shows_failure: str = ""
    # Called with the key of a row that has failed or was given up, in the transaction that writes it.
    on_failure: Callable[[int], None] | None = None

    @property
    def rows(self) -> QuerySet[Row]:
        """Return all rows of the model."""
        return self.model._default_manager.all()

    # --- Requesting the work ---

    def queued(self) -> dict[str, Any]:
        """Return the values of a row that is queued for a worker, with the columns of earlier work reset."""
        since = {"queued_at": timezone.now()} if issubclass(self.model, QueuedJob) else {}
        return {**self._blank(), **self._state(self.waiting), **since, "attempts": 0, "claim_token": ""}

    def begun(self) -> dict[str, Any]:
        """Return the values of a row that its writer works on at once, without a queue; see `claim_of`."""
        return {**self._blank(), **self._state(self.running), "attempts": 1, "claim_token": new_ref()}

    def _blank(self) -> dict[str, Any]:
        message = {} if self.message_field is None else {self.message_field: ""}
        return {**self.cleared, **message, "heartbeat_at": timezone.now()}

    def announce(self, key: int) -> None:
        """Send the task for the row with this key, once the transaction has been committed."""
        transaction.on_commit(lambda: self._send_first(key))

    def _send_first(self, key: int) -> None:
        if not self._send(key) and self.message_field and self.unreachable:
            self.rows.filter(pk=key).update(**{self.message_field: self.unreachable})

    def _send(self, key: int, *, expires: float | None = None) -> bool:
        return self.task is not None and enqueue(self.task, self.queue, key, expires=expires)

    # --- Claiming the work ---

    def claim(self, key: int, *, among: QuerySet[Row] | None = None, **values: Any) -> Claim[Row] | None:
        """Claim the row with this key and write `values`; return None if it does not wait or is not in `among`."""
        token = new_ref()
        rows = self.rows if among is None else among
        taken = rows.filter(self._is_claimable(), pk=key).update(
            **self._state(self.running),
            claim_token=token,
            heartbeat_at=timezone.now(),
            attempts=F("attempts") + 1,
            **self._without_unreachable(),
            **values,
        )
        return Claim(self, key, token) if taken else None

    def _without_unreachable(self) -> dict[str, Any]:
        """Return the value that removes `unreachable` from a row: a worker has it now."""
        if not self.message_field or not self.unreachable:
            return {}
        cleared = When(**{self.message_field: self.unreachable}, then=Value(""))
        return {self.message_field: Case(cleared, default=F(self.message_field))}

    def claim_new(self, *, defaults: Mapping[str, Any], **lookup: Any) -> Claim[Row] | None:
        """Create the row and claim it; return None when another worker has created it."""
        row, is_new = self.model._default_manager.get_or_create(**lookup, defaults={**defaults, **self.begun()})
        return self.claim_of(row) if is_new else None

    def claim_of(self, row: Row) -> Claim[Row]:
        """Return the claim of a row that the caller has claimed or begun, from the values that `row` was loaded with."""
        return Claim(self, row.pk, row.claim_token)

    def _is_claimable(self) -> Q:
        return Q(**self._state(self.waiting)) if self.waiting else ~Q(**self._state(self.running))

    # --- What beat does ---

    def due(self) -> QuerySet[Row]:
        """Return the waiting rows that have not been changed for `remind_after`."""
        return self.rows.filter(_untouched_for(self.remind_after), **self._state(self.waiting))

    def stalled(self) -> QuerySet[Row]:
        """Return the running rows without a heartbeat for `lease`."""
        return self.rows.filter(_untouched_for(self.lease), **self._state(self.running))

    def put_back(self) -> int:
        """Queue the rows of dead workers again, or give them up after `max_attempts`; return the number of rows."""
        return sum(self._put_back_one(key) for key in list(self.stalled().values_list("pk", flat=True)))

    def _put_back_one(self, key: int) -> bool:
        with transaction.atomic():
            # A locked row, or one that has a heartbeat by now, has a living worker.
            row = self.stalled().select_for_update(skip_locked=True, of=("self",)).filter(pk=key).first()
            if row is None:
                return False
            is_given_up = self.max_attempts is not None and row.attempts >= self.max_attempts
            logger.warning(
                "The worker of %s %s died at attempt %s%s.",
                self.model._meta.label,
                key,
                row.attempts,
                "; it is given up" if is_given_up else "",
            )
            if is_given_up:
                self._fail(self.rows.filter(pk=key), key, self.given_up)
            else:
                back = {**self._state(self.waiting or self.failed), **self.cleared, "claim_token": ""}
                self.rows.filter(pk=key).update(**back)
        return True

    def send_due(self) -> int:
        """Send the task for every row that is due; return how many messages were sent."""
        sent = 0
        keys = self.due().values_list("pk", flat=True) if self.find_due is None else self.find_due()
        for key in list(keys) if self.task else ():
            if self._send(key, expires=_REMINDER_EXPIRES):
                sent += 1
                if self.waiting:
                    self.rows.filter(pk=key, **self._state(self.waiting)).update(heartbeat_at=timezone.now())
        return sent

    # --- Writing the outcome ---

    def _fail(self, rows: QuerySet[Row], key: int, sentence: str) -> None:
        """Set the row with this key to failed, if it is among the rows given."""
        with transaction.atomic():
            if rows.update(**self.failure(sentence)) and self.on_failure is not None:
                self.on_failure(key)

    def failure(self, sentence: str) -> dict[str, Any]:
        """Return the values of a failed row: its state, and the sentence that says why, cut to the column's length."""
        values = {**self._state(self.failed), **self.cleared, "claim_token": ""}
        if self.message_field is not None:
            values[self.message_field] = sentence[: field_of(self.model, self.message_field).max_length]
        return values

    def _state(self, state: str | Case | None) -> dict[str, Any]:
        if state is None:
            raise TypeError("Rows of this kind do not wait in a state: they become due by find_due.")
        return {self.state_field: state}


@dataclass(frozen=True)
class Claim(Generic[Row]):
    """The right of one worker to work on one row. Its token differs from that of every later claim on the row."""

    kind: JobKind[Row]
    key: int
    token: str

    def heartbeat(self, **values: Any) -> None:
        """Renew the heartbeat, and write `values` with it. Raises ClaimLostError."""
        self._write(heartbeat_at=timezone.now(), **values)

    def finish(self, state: str, **values: Any) -> None:
        """End the work: write the state and the other values of its outcome. Raises ClaimLostError."""
        self._write(**self.kind._state(state), **values)

    def hold(self, rows: QuerySet[Row] | None = None) -> Row:
        """Lock the row until the transaction ends and return it, loaded through `rows`. Raises ClaimLostError.

        For an outcome that is written in one transaction: a locked row cannot be given to another worker.
        """
        held = self._mine(self.kind.rows if rows is None else rows).select_for_update(of=("self",)).first()
        if held is None:
            raise ClaimLostError(f"{self.kind.model._meta.label} {self.key}")
        return held

    def fail(self, sentence: str = "") -> None:
        """End the work as failed, with a sentence for the page; do nothing when the claim is lost."""
        self.kind._fail(self._mine(self.kind.rows), self.key, sentence)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Write the failure of the enclosed work to the row, and raise the error again.

        A PortalError gives the row its sentence, any other error the kind's `broken`. When the database was unreachable,
        busy or not migrated yet, the row is left to be put back, because the row is not the cause. A lost claim is
        logged and not raised: the row has another worker.
        """
        try:
            yield
        except ClaimLostError as lost:
            logger.warning("%s has another worker by now, or has ended; nothing was written.", lost)
        except (OperationalError, InterfaceError, ProgrammingError):
            raise
        except PortalError as refusal:
            self.fail(str(refusal))
            raise
        except Exception:
            self.fail(self.kind.broken)
            raise

    def _mine(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        return rows.filter(pk=self.key, claim_token=self.token, **self.kind._state(self.kind.running))

    def _write(self, **values: Any) -> None:
        if not self._mine(self.kind.rows).update(**values):
            raise ClaimLostError(f"{self.kind.model._meta.label} {self.key}")


def _untouched_for(age: datetime.timedelta) -> Q:
    return Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=timezone.now() - age)


def job_kinds() -> tuple[JobKind[Any], ...]:
    """Return every kind of work that an app declares in `<app>/jobs.py`."""
    return instances_in("jobs", JobKind)


def put_back_jobs() -> None:
    """Put back the rows of dead workers and send the tasks of all rows that are due, for every kind of work.

    An error in one kind is logged, and the other kinds are processed.
    """
    for kind in job_kinds():
        try:
            kind.put_back()
            kind.send_due()
        except Exception:
            logger.exception("Putting back %s (%s) failed", kind.model._meta.label, kind.task)
