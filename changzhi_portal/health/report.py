"""The answers of all checks, each kept in the process for a few seconds.

They are not kept in the cache of the portal, which may be what fails.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import cache

from changzhi_portal.discovery import instances_in
from changzhi_portal.health.check import BRIEFLY, NOT_ASKED, Answer, HealthCheck, answer_of
from changzhi_portal.health.own_checks import DATABASE, OWN_CHECKS

logger = logging.getLogger(__name__)
_kept: dict[str, tuple[float, Answer]] = {}  # by name: until when (monotonic), and the answer
_asking = threading.Lock()  # one thread asks, the others wait for its answers


@cache
def all_checks() -> tuple[HealthCheck, ...]:
    """Return the frame's checks, then those that the apps declare in `<app>/health.py`."""
    return (*OWN_CHECKS, *instances_in("health", HealthCheck))


def answers() -> list[Answer]:
    """Return the answer of every check, not older than its check allows. Without a database only what needs none is asked."""
    with _asking:
        has_database = _answer(DATABASE).is_good
        return [
            _answer(check) if has_database or not check.needs_database else Answer(check, False, NOT_ASKED)
            for check in all_checks()
        ]


def forget_answers() -> None:
    """Forget what is kept, so that the next call asks every check again."""
    _kept.clear()


def _answer(check: HealthCheck) -> Answer:
    until, before = _kept.get(check.name, (0.0, None))
    if before is not None and time.monotonic() < until:
        return before
    answer = answer_of(check)
    _kept[check.name] = (time.monotonic() + (check.kept_seconds if answer.is_good else BRIEFLY), answer)
    if before is None or before.is_good != answer.is_good:
        if not answer.is_good:
            logger.error("Health check %s fails: %s", check.name, answer.cure)
        elif before is not None:
            logger.info("Health check %s is well again", check.name)
    return answer
