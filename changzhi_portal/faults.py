"""Faults of the database and of the disk: what to tell the person whose request met one, and with which HTTP status.

They pass without anybody's doing in the portal. Reading goes on where it does not need what is broken; a request that
could not be carried out says in one sentence that nothing was saved, or shown, and what to do.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from django.db import Error, InterfaceError, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)

# Seconds that a request waits for another writer (SQLite) or for a lock (PostgreSQL). Background work waits longer: nobody
# sits in front of it, and a page that waits keeps one of the few threads that serve readers.
PAGES_WAIT: Final = 15
_BRIEFLY: Final = 300  # milliseconds


@dataclass(frozen=True)
class Fault:
    """A kind of fault: the HTTP status, what is wrong, and what to do about it."""

    status: int
    what: str
    cure: str

    def sentence(self, method: str | None) -> str:
        """Return what to tell the person whose request of this method was not carried out."""
        outcome = "这一页暂时打不开" if method in _READING else "您这次的操作没有保存"
        return f"{self.what}，{outcome}；{self.cure}。"


_READING: Final = frozenset({"GET", "HEAD"})
BUSY: Final = Fault(503, "系统正在写入别的数据", "请过一两分钟再试")
FULL: Final = Fault(507, "服务器的磁盘满了", "其他数据可以照常查看，请联系市局管理员清理磁盘后再试")
READ_ONLY: Final = Fault(
    503, "服务器的数据盘暂时不能写入", "其他数据可以照常查看，请过几分钟再试，仍不行请联系市局管理员"
)
AWAY: Final = Fault(503, "数据库暂时连不上", "请过一两分钟再试，仍不行请联系市局管理员")

_OF_ERRNO: Final = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EROFS: READ_ONLY, errno.EIO: READ_ONLY}
_OF_SQLITE: Final = {
    "is locked": BUSY,
    "is full": FULL,
    "readonly database": READ_ONLY,
    "unable to open": READ_ONLY,
    "disk I/O error": READ_ONLY,
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_OF_SQLSTATE: Final = {
    "55P03": BUSY,  # lock_not_available
    "40P01": BUSY,  # deadlock_detected
    "40001": BUSY,  # serialization_failure
    "57014": BUSY,  # query_canceled, by a timeout
    "53100": FULL,  # disk_full
    "25006": READ_ONLY,  # read_only_sql_transaction
    "58030": READ_ONLY,  # io_error
}


def fault_of(error: BaseException | None) -> Fault | None:
    """Return the fault that an error comes from; None for an error of another kind, such as one of the program."""
    if isinstance(error, OSError) and not isinstance(error, Error):
        return _OF_ERRNO.get(error.errno or 0)
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    state = getattr(error.__cause__, "sqlstate", None)
    if state is not None:
        return _OF_SQLSTATE.get(state, AWAY if state[:2] in {"08", "57", "53"} else None)
    message = str(error)
    if connection.vendor == "sqlite":
        return next((fault for words, fault in _OF_SQLITE.items() if words in message), None)
    return AWAY  # a connection that breaks has no state


def fault_page(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Return the page that tells of a fault, to htmx the sentence alone; None when the error comes from none."""
    fault = fault_of(error)
    if fault is None:
        return None
    logger.error("%s %s met a fault of database or disk: %s", request.method, request.path, error)
    sentence = fault.sentence(request.method)
    if "HX-Request" in request.headers:  # the page is not replaced; portal.js shows the sentence on it
        return HttpResponse(sentence, status=fault.status, content_type="text/plain; charset=utf-8")
    title = "暂时打不开" if request.method in _READING else "没有保存"
    return HttpResponse(render_to_string("503.html", {"title": title, "message": sentence}), status=fault.status)


def let_pages_wait_briefly(database: BaseDatabaseWrapper) -> None:
    """Limit how long the connections of this process, which serves pages, wait for others; called before the first."""
    options = database.settings_dict.setdefault("OPTIONS", {})
    if database.vendor == "sqlite":
        options["timeout"] = PAGES_WAIT
    else:
        options["options"] = f"{options.get('options', '')} -c lock_timeout={PAGES_WAIT}s".strip()


@contextmanager
def waiting_briefly(milliseconds: int = _BRIEFLY) -> Iterator[None]:
    """Have this connection's writes wait for another writer of SQLite for a moment only; they raise OperationalError then.

    PostgreSQL locks rows, and whoever uses this writes rows that nobody else holds for long.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        usual = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {int(milliseconds)}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual)}")
