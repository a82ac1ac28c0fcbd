"""How large a request may be, and how often one person may ask: judged before the body is read (ADR 0023).

nginx in front judges the same sizes, and how often one address may ask. These hold without it too.
"""

from __future__ import annotations

import logging
import time
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from changzhi_portal.refusals import TooLargeError, TooOftenError
from changzhi_portal.sessions import CACHE_ERRORS

logger = logging.getLogger(__name__)
_MEGABYTE: Final = 1024 * 1024
_WINDOW: Final = TooOftenError.retry_after  # seconds in which requests are counted
_KEPT_AFTER: Final = _WINDOW // 2  # seconds that a count outlives its window, for clocks that differ


def check_body(request: HttpRequest, *, takes_files: bool) -> None:
    """Raise TooLargeError when the request says that its body is larger than the page takes, or does not say how large."""
    try:
        size = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:  # no number; Django reads no body then
        size = 0
    if "Transfer-Encoding" in request.headers and not request.META.get("CONTENT_LENGTH"):
        raise TooLargeError(
            "浏览器没有说明内容有多大，没有收下；请换一个浏览器再试。",
            cure="The body has no Content-Length. nginx in front of the portal would have added it.",
        )
    most = settings.UPLOAD_MAX_REQUEST_BYTES if takes_files else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if size <= most:
        return
    if takes_files:
        raise TooLargeError(
            f"一次上传的文件合计不能超过{most // _MEGABYTE}MB，没有收下；请分几次上传。",
            cure=f"The body has {size} bytes, more than UPLOAD_MAX_REQUEST_BYTES.",
        )
    raise TooLargeError(
        f"提交的内容超过{most // _MEGABYTE}MB，没有收下；请分几次填写和提交。",
        cure=f"The body has {size} bytes, more than a form may have.",
    )


def check_rate(asker: int | str, kind: str) -> None:
    """Count a request of a user (a visitor's address), and raise TooOftenError for more than `settings.REQUESTS_PER_MINUTE[kind]`.

    Counted by minutes of the clock. On Redis each request counts; files lose one now and then when two arrive at once,
    so that a few more pass. A cache that cannot be reached refuses nobody here.
    """
    now = time.time()
    window = int(now // _WINDOW)
    # The keys are used again every second window, so that a cache of files does not fill up with them.
    key = f"requests:{kind}:{asker}:{window % 2}"
    expires = (window + 1) * _WINDOW + _KEPT_AFTER - now
    try:
        cache.add(key, 0, expires)
        number = cache.incr(key)
        cache.touch(key, expires)
    except (*CACHE_ERRORS, ValueError):  # ValueError: the count was deleted in between
        logger.warning("Requests cannot be counted (%s)", kind, exc_info=True)
        return
    if number > settings.REQUESTS_PER_MINUTE[kind]:
        raise TooOftenError(
            "您操作太频繁，这一次没有办理；请过一分钟再试。",
            cure=f"More than {settings.REQUESTS_PER_MINUTE[kind]} {kind} in a minute by one user or address.",
        )
