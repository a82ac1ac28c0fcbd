"""What signing in and out writes besides the session, so that neither waits for another writer.

These are the time of the last sign-in, the log of accesses and the end of the counted failures (Django and django-axes, by
signals; the trail looks after itself). On SQLite an import that commits is the only writer for seconds; then they are written a little later. Counting a
wrong password is none of them: nobody may guess while it is not counted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.models import update_last_login
from django.db import OperationalError, connection
from django.http import HttpRequest

from accounts.models import User

logger = logging.getLogger(__name__)
_BRIEFLY = 300  # milliseconds
_TRIES = 40
_PAUSE = 5  # seconds between two tries


@contextmanager
def waiting_briefly() -> Iterator[None]:
    """Have this connection's writes wait for another writer for a moment only; they raise OperationalError then."""
    if connection.vendor != "sqlite":  # PostgreSQL locks rows, and nobody holds these for long
        yield
        return
    connection.ensure_connection()
    usual = connection.connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.connection.execute(f"PRAGMA busy_timeout = {_BRIEFLY}")
    try:
        yield
    finally:
        connection.connection.execute(f"PRAGMA busy_timeout = {usual}")


def write_sign_in(request: HttpRequest, user: User) -> None:
    """Write what Django and django-axes do at a sign-in. Raises OperationalError."""
    AxesProxyHandler.user_logged_in(sender=type(user), request=request, user=user)
    update_last_login(type(user), user)


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
