"""Middleware that wraps every request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.sessions import middleware as sessions
from django.core.signals import request_finished
from django.db import DatabaseError, DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from redis.exceptions import RedisError
from structlog.contextvars import bind_contextvars, clear_contextvars

from changzhi_portal.api.problems import MEDIA_TYPE, problem_of
from changzhi_portal.faults import fault_page
from changzhi_portal.refusals import InvalidError, PortalError, TooOftenError
from changzhi_portal.request_limits import check_body, check_rate
from changzhi_portal.sessions import CACHE_ERRORS, end_after_hours, note_seen

logger = logging.getLogger(__name__)
_CACHE_MESSAGE = "系统暂时连不上后台服务，请过一两分钟刷新页面。不必重新登录，已经保存的数据不受影响。"


def cache_error_page(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return the page that says that the cache, and the sessions in it, cannot be reached."""
    logger.error("The cache cannot be reached for %s %s: %s", request.method, request.path, error)
    if "HX-Request" in request.headers:  # the page is not replaced; portal.js shows the sentence on it
        return HttpResponse(_CACHE_MESSAGE, status=503, content_type="text/plain; charset=utf-8")
    return HttpResponse(render_to_string("503.html", {"title": "暂时连不上", "message": _CACHE_MESSAGE}), status=503)


class RequestLogMiddleware:
    """Middleware that gives a request an id, which every line logged meanwhile includes (ADR 0015). It comes first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request under a new id."""
        clear_contextvars()
        bind_contextvars(request_id=uuid4().hex)
        return self.get_response(request)


class BrowserPolicyMiddleware:
    """Middleware that takes from browsers what no page needs, and keeps other sites from embedding what we send."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request and add the headers; static files get them too."""
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


def clear_request_context(**kwargs: Any) -> None:
    """Clear a request's ids once its response is sent. Downloads and the access log come after the middleware."""
    clear_contextvars()


request_finished.connect(clear_request_context)


class UserLogMiddleware:
    """Middleware that adds the id of the signed-in user, never the name, to every line logged for a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request. Without a database no id is bound, and the page reports the error."""
        with suppress(DatabaseError):
            if request.user.is_authenticated:
                bind_contextvars(user_id=request.user.pk)
        return self.get_response(request)


def has_token(request: HttpRequest) -> bool:
    """Return whether a request to the API says who asks by a token (`Authorization: Bearer`, RFC 6750).

    Pages know no tokens: some gateways add the header to every request, and a session is then as good as ever.
    """
    return (
        request.path_info.startswith("/api/v1/")
        and request.headers.get("Authorization", "").partition(" ")[0].casefold() == "bearer"
    )


class SessionMiddleware(sessions.SessionMiddleware):
    """Django's middleware, except that an unreachable cache signs nobody out: the session is still valid afterwards."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:  # type: ignore[override]  # as middleware may
        """Load the session of a user who has one at once, because an error later would come halfway through a page.

        One that has lasted too long ends here, whatever the request: it is then that of a visitor. So is a call of the API with a
        token: it neither uses nor renews the session of the browser that it may come from.
        """
        if has_token(request):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        super().process_request(request)
        try:
            if request.session.session_key:
                request.session.keys()
                end_after_hours(request.session)
        except CACHE_ERRORS as error:
            return cache_error_page(request, error)
        return None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Renew the session, but leave the browser's cookie unchanged if the session could not be read.

        A request that the page makes by itself renews nothing: a forgotten page with a progress bar would never end.
        """
        is_poll = _is_poll(request)
        if response.status_code in (503, 507) or (is_poll and not request.session.modified):
            return response
        if not is_poll:
            note_seen(request.session)
        return super().process_response(request, response)


def _may_be_kept(request: HttpRequest) -> bool:
    """Return whether the answer is the same for everybody, so that browsers may keep it."""
    page = getattr(getattr(request.resolver_match, "func", None), "view_class", None)
    return getattr(page, "may_be_kept", False)


def _is_poll(request: HttpRequest) -> bool:
    """Return whether htmx asks for a page with `is_polled`; the same page opened by a person is no poll."""
    page = getattr(getattr(request.resolver_match, "func", None), "view_class", None)
    return getattr(page, "is_polled", False) and "HX-Request" in request.headers


class RefusalMiddleware:
    """Middleware that answers a PortalError of a view with a page: its sentence, and the HTTP status of its kind."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request; forbid caching of signed-in users' pages, because offices share computers."""
        response = self.get_response(request)
        if getattr(request, "user", None) is not None and request.user.is_authenticated and not _may_be_kept(request):
            add_never_cache_headers(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page of a refusal, or of a fault of database or disk; leave other exceptions to Django."""
        if isinstance(exception, DataError):  # a value that the database cannot store, such as a NUL in the URL
            # Only the class: the database's message quotes the value, which may be personal.
            kind = type(exception.__cause__ or exception).__name__
            logger.warning("The database refused a value of %s %s: %s", request.method, request.path, kind)
            exception = InvalidError("提交的内容里有系统存不下的字符或数字，请返回上一页改正后重试。")
        if isinstance(exception, RedisError):
            return cache_error_page(request, exception)
        return (
            refusal_page(request, exception) if isinstance(exception, PortalError) else fault_page(request, exception)
        )


def refusal_page(request: HttpRequest, refusal: PortalError) -> HttpResponse:
    """Return the page of a refusal, with the HTTP status of its kind; for htmx its sentence."""
    logger.info("Refused %s %s: %s", request.method, request.path, refusal.cure)
    if "HX-Request" in request.headers:  # the page is not replaced; portal.js shows the sentence on it
        response = HttpResponse(str(refusal), status=refusal.status, content_type="text/plain; charset=utf-8")
    else:
        response = render(request, "400.html", {"message": str(refusal)}, status=refusal.status)
    if isinstance(refusal, TooOftenError):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


class RequestLimitsMiddleware:
    """Middleware that refuses a body that is too large, and what one person asks for too often.

    It comes before Django's CSRF middleware, which reads the body of a form.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_: object) -> HttpResponse | None:
        """Return the page of a refusal, or None. A page that takes files counts when they are sent."""
        page = getattr(view, "view_class", None)
        of_api = getattr(view, "initkwargs", {})  # of an address of the API
        takes_files = of_api.get("takes_files", getattr(page, "takes_files", False))
        kind = getattr(page, "counted_as", "")
        try:
            check_body(request, takes_files=takes_files)
            if kind and request.user.pk is not None and (request.method == "POST" or not takes_files):
                check_rate(request.user.pk, kind)
        except PortalError as refusal:
            if hasattr(view, "cls"):  # an endpoint of the API
                return JsonResponse(problem_of(refusal), status=refusal.status, content_type=MEDIA_TYPE)
            return refusal_page(request, refusal)
        return None
