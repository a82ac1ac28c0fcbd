"""Middleware that sends people to the sign-in page, and those who need a new password to the page that changes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from changzhi_portal.kept_input import page_of_form

# Names of the views that a user who needs a new password may open.
_OPEN_NAMES = frozenset({"accounts:password", "accounts:logout", "accounts:login", "healthz", "readyz"})


class SignInMiddleware(LoginRequiredMiddleware):
    """Django's middleware, except for a form that was sent after the session has ended.

    The sign-in page then says that nothing was saved, and leads back to the form's page, not to the form's address.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        """Redirect to the sign-in page."""
        if request.method != "POST":
            return super().handle_no_permission(request, view_func)
        asked = urlencode({"next": page_of_form(request), "unsaved": "1"}, safe="/")
        return HttpResponseRedirect(f"{reverse('accounts:login')}?{asked}")


class PasswordChangeMiddleware:
    """Send users with a first password, or one that is too old, to the page that changes it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """Redirect to the password page, unless the view is one of `_OPEN_NAMES`."""
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated or not user.needs_new_password:
            return None
        match = request.resolver_match
        return None if match is not None and match.view_name in _OPEN_NAMES else redirect("accounts:password")
