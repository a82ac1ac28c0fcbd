"""Input of a form that is not lost: when the session ends, or a sign-in in another window has made the form invalid.

What is typed is kept by the browser (`static/portal/kept_input.js`, in its sessionStorage, by user and page) until the
portal says that a form of that page was carried out. A cookie says so, because only the portal knows: a page that comes
after a form may also be that of an error.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

# Names the page whose form was carried out; read and deleted by kept_input.js.
COOKIE = "form_done"
_COOKIE_AGE = 600  # seconds


def page_of_form(request: HttpRequest) -> str:
    """Return path and query of the page that a form was sent from, the request's own without a page of this site."""
    sent_from = urlsplit(request.headers.get("Referer", ""))
    page = f"{sent_from.path}?{sent_from.query}" if sent_from.query else sent_from.path
    # A path that begins with two slashes is another site's address once it stands alone.
    is_own = sent_from.netloc == request.get_host() and url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return page if is_own and page.startswith("/") else request.get_full_path()


def refuse_form(request: HttpRequest, sentence: str) -> None:
    """Show a sentence on the next page and note that the form was refused although the response is a redirect.

    The browser then keeps what was typed. Every refusal of a POST that redirects goes through here.
    """
    messages.error(request, sentence)
    request.form_is_refused = True  # type: ignore[attr-defined]  # an attribute of ours


def mark_done(request: HttpRequest) -> None:
    """Note that a form was carried out although it is answered by a page of its own, so that what was typed is let go."""
    request.form_is_done = True  # type: ignore[attr-defined]  # an attribute of ours


class FormDoneMiddleware:
    """Middleware that tells the browser which page's form was carried out: it was answered by a redirect, or marked so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the cookie; a visitor's form was answered by the sign-in page."""
        response = self.get_response(request)
        is_redirect = response.status_code in {302, 303}
        is_done = request.method == "POST" and (is_redirect or hasattr(request, "form_is_done"))
        user = getattr(request, "user", None)
        if is_done and not hasattr(request, "form_is_refused") and user is not None and user.is_authenticated:
            response.set_cookie(
                COOKIE,
                quote(urlsplit(page_of_form(request)).path, safe=""),
                max_age=_COOKIE_AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a form whose token is no longer valid, mostly because of a sign-in in another window."""
    if "HX-Request" in request.headers:  # the page is not replaced; portal.js shows the sentence on it
        sentence = "页面已过期，没有提交任何内容，请刷新页面后再试。"
        return HttpResponse(sentence, status=403, content_type="text/plain; charset=utf-8")
    return render(request, "403_csrf.html", {"back": page_of_form(request)}, status=403)
