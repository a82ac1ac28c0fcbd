"""Middleware that requires a first password to be changed before any other page is opened."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

# Names of the views that a user with a first password may open.
_OPEN_NAMES = frozenset({"accounts:password", "accounts:logout", "accounts:login", "healthz"})


class PasswordChangeMiddleware:
    """Send users with `must_change_password` to the page that changes it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """Redirect to the password page, unless the view is one of `_OPEN_NAMES`."""
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated or not user.must_change_password:
            return None
        match = request.resolver_match
        return None if match is not None and match.view_name in _OPEN_NAMES else redirect("accounts:password")
