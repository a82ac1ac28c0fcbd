"""Middleware that sends people to the sign-in page, and those who first have to do something for their account to its page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.attempts import AttemptRefusedError
from accounts.signing_in import has_passed
from changzhi_portal.kept_input import page_of_form

# Names of the views that are open to a user who has to do something first, besides the page where it is done.
_OPEN_NAMES = frozenset({"accounts:logout", "accounts:login", "healthz", "readyz", "signed_in"})


class SecondFactorMiddleware:
    """End every session of a user with a second factor in which no code was right, however it began.

    So a session that was begun before the second factor was set up ends, and a way to sign in that forgets the code opens
    nothing. It comes before the middleware that asks who has signed in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request, as a visitor's if the session has ended here."""
        with suppress(DatabaseError):  # without a database there is no user either, and the page reports the error
            if request.user.is_authenticated and not has_passed(request, request.user):
                logout(request)
        return self.get_response(request)


class SignInMiddleware(LoginRequiredMiddleware):
    """Django's middleware, except after a session has ended: the sign-in page then says so.

    Of a form it says that nothing was saved, and leads back to the form's page, not to the form's address.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        """Redirect to the sign-in page."""
        if request.method != "POST":
            response = super().handle_no_permission(request, view_func)
            # A browser keeps the cookie of a session that has ended here, but none of one that its user has ended.
            if settings.SESSION_COOKIE_NAME in request.COOKIES and response.status_code == HTTPStatus.FOUND:
                response["Location"] += "&ended=1"
            return response
        asked = urlencode({"next": page_of_form(request), "unsaved": "1"}, safe="/")
        return HttpResponseRedirect(f"{reverse('accounts:login')}?{asked}")


class FirstStepsMiddleware:
    """Send users to the page that changes their password, or sets up a second factor, while they need to do that first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """Redirect to the page, unless it is asked for, or one of `_OPEN_NAMES`."""
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated or not user.is_held_up:
            return None
        match = request.resolver_match
        if match is not None and match.app_name == "api":  # which says so itself, not by a page
            return None
        page = "accounts:password" if user.needs_new_password else "accounts:second_factor"
        is_open = match is not None and match.view_name in {*_OPEN_NAMES, page}
        return None if is_open else redirect(page)


class RefusedAttemptMiddleware:
    """Answer an attempt to sign in that is refused with the page that says why, and what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page; leave other exceptions to others."""
        if not isinstance(exception, AttemptRefusedError):
            return None
        context = {"reason": exception.reason.value}
        return render(request, "accounts/locked_out.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
