"""Writing a little later what a sign-in writes besides the session, so that nobody waits for another writer.

These are the time of the last sign-in, the browser that is known from now on and the row of the session; the trail looks after
itself. On SQLite an import that commits is the only writer for seconds. What cannot be counted meanwhile is let through so
rarely that nobody guesses (`accounts.attempts.unless_busy`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import OperationalError, connection

logger = logging.getLogger(__name__)
_TRIES = 40
_PAUSE = 5  # seconds between two tries


def write_later(write: Callable[[], object]) -> threading.Thread:
    """Write in a thread, which tries again for some minutes, and return the thread. What it writes may be lost."""
    thread = threading.Thread(target=_write, args=(write,), name="side writes", daemon=True)
    thread.start()
    return thread


def _write(write: Callable[[], object]) -> None:
    for _ in range(_TRIES):
        try:
            write()
            return
        except OperationalError as error:
            logger.info("What a sign-in writes besides is tried again: %s", error)
            time.sleep(_PAUSE)
        finally:
            connection.close()
    logger.warning("What a sign-in writes besides was given up.")
