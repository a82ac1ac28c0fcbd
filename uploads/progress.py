"""Progress of a batch for the waiting page; in the cache, because a commit's transaction hides what it writes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

KEPT_SECONDS = 3_600
SECONDS_BETWEEN_REPORTS = 0.3


@dataclass(frozen=True, slots=True)
class Progress:
    """The current step, and how many of its rows are done."""

    step: str = ""
    done: int = 0
    total: int = 0


def _key(ref: str) -> str:
    return f"upload-progress:{ref}"


def read_progress(ref: str) -> Progress:
    """Return the last report of the batch with this ref."""
    return Progress(**cache.get(_key(ref), {}))


class Reporter:
    """Reports a batch's progress and calls `heartbeat`, at most once in SECONDS_BETWEEN_REPORTS."""

    def __init__(self, ref: str, heartbeat: Callable[[], None] = lambda: None) -> None:
        self._ref = ref
        self._heartbeat = heartbeat
        self._step = ""
        self._last = 0.0

    def step(self, name: str, total: int = 0) -> None:
        """Begin a step."""
        self._step = name
        self._last = 0.0
        self(0, total)

    def __call__(self, done: int, total: int) -> None:
        """Report that `done` of `total` rows of this step are done."""
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_REPORTS:
            self._last = now
            self._show(Progress(self._step, done, total))
            self._heartbeat()

    def _show(self, progress: Progress) -> None:
        """Store the report. Without the cache only the progress bar is missing, and the work continues."""
        try:
            cache.set(_key(self._ref), asdict(progress), KEPT_SECONDS)
        except (OSError, RedisError) as error:
            logger.warning("The progress of batch %s cannot be stored: %s", self._ref, error)
