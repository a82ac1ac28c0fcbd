"""What the frame does around every request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

from django.contrib.sessions import middleware as sessions
from django.core.signals import request_finished
from django.db import DatabaseError, DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from redis.exceptions import RedisError
from structlog.contextvars import bind_contextvars, clear_contextvars

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.refusals import InvalidError, PortalError
from changzhi_portal.sessions import CACHE_AWAY

logger = logging.getLogger(__name__)
_AWAY = "系统暂时连不上后台服务，请过一两分钟刷新页面。不必重新登录，已经保存的数据不受影响。"


def service_away(request: HttpRequest, error: Exception) -> HttpResponse:
    """The page while the cache, and the sessions in it, cannot be reached."""
    logger.error("The cache cannot be reached for %s %s: %s", request.method, request.path, error)
    if "HX-Request" in request.headers:  # the page stays as it is, and portal.js shows the sentence on it
        return HttpResponse(_AWAY, status=503, content_type="text/plain; charset=utf-8")
    return HttpResponse(render_to_string("503.html", {"message": _AWAY}), status=503)


class RequestLogMiddleware:
    """Gives a request an id, which every line that is logged meanwhile names (ADR 0015). Comes first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on under a new id."""
        clear_contextvars()
        bind_contextvars(request_id=uuid4().hex)
        return self.get_response(request)


def forget_request(**kwargs: Any) -> None:
    """Forget a request's ids once its answer is sent: downloads and the access log come after the middleware."""
    clear_contextvars()


request_finished.connect(forget_request)


class UserLogMiddleware:
    """Names the signed-in user, by id and never by name, in every line logged for a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; without a database the page says so itself."""
        with suppress(DatabaseError):
            if request.user.is_authenticated:
                bind_contextvars(user_id=request.user.pk)
        return self.get_response(request)


class SessionMiddleware(sessions.SessionMiddleware):
    """Django's own, but while the cache is away nobody is signed out: the session is still there when it is back."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:  # type: ignore[override]  # as middleware may
        """Read the session of whoever has one, because later it could only fail halfway through a page."""
        super().process_request(request)
        try:
            if request.session.session_key:
                request.session.keys()
        except CACHE_AWAY as error:
            return service_away(request, error)
        return None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Renew the session, but leave the browser's cookie alone when it could not even be read."""
        return response if response.status_code == 503 else super().process_response(request, response)


class RefusalMiddleware:
    """Answer a PortalError that no view has handled: a page with its sentence and the HTTP status of its kind."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; what a signed-in person saw is kept in no cache (shared office computers)."""
        response = self.get_response(request)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            add_never_cache_headers(response)
        return response

    def process_exception(self, request: PortalRequest, exception: Exception) -> HttpResponse | None:
        """Show the refusal; other exceptions take their usual way."""
        if isinstance(exception, DataError):  # what no database takes, such as a NUL in an address
            # Its kind only: the database's own words quote the value, which may be personal.
            kind = type(exception.__cause__ or exception).__name__
            logger.warning("The database refused a value of %s %s: %s", request.method, request.path, kind)
            exception = InvalidError("提交的内容里有系统存不下的字符或数字，请返回上一页改正后重试。")
        if isinstance(exception, RedisError):
            return service_away(request, exception)
        if not isinstance(exception, PortalError):
            return None
        logger.info("Refused %s %s: %s", request.method, request.path, exception.cure)
        if request.htmx:  # the page stays as it is, and portal.js shows the sentence on it
            return HttpResponse(str(exception), status=exception.status, content_type="text/plain; charset=utf-8")
        return render(request, "400.html", {"message": str(exception)}, status=exception.status)
