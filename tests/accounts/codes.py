"""Second factors for tests, with a clock that stands still: codes of the app of a user, one after another."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse
from django_otp.oath import hotp

from accounts.actions import set_up_second_factor
from accounts.models import User
from accounts.second_factor import new_secret
from tests.accounts.test_views import sign_in

_STEP = 30  # seconds
CODE = reverse("accounts:login_code")
SET_UP = reverse("accounts:second_factor")
ACCOUNT = reverse("accounts:account")


@dataclass
class App:
    """The app on a user's telephone, and the paper with the recovery codes."""

    user: User
    secret: str
    clock: Clock
    recovery_codes: list[str] = field(default_factory=list)

    def code(self) -> str:
        """Return what the app shows right now."""
        return code_of(self.secret, self.clock)

    def next_code(self) -> str:
        """Wait for the next code, and return it."""
        self.clock.now += _STEP
        return self.code()


@dataclass
class Clock:
    """What `accounts.second_factor` takes for the time."""

    now: float = 1_800_000_015

    def app_of(self, user: User) -> App:
        """Set a second factor up for the user, and return the app."""
        secret = new_secret()
        app = App(user, secret, self)
        app.recovery_codes = set_up_second_factor(by=user, secret=secret, code=app.code())
        user.refresh_from_db()
        return app


def code_of(secret: str, clock: Clock) -> str:
    """Return the code of a secret at the time of the clock (RFC 4226 §5.3 over the step of RFC 6238)."""
    return f"{hotp(base64.b32decode(secret), int(clock.now) // _STEP):06}"


def standing_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Have codes be judged by a clock that the test sets."""
    clock = Clock()
    monkeypatch.setattr("accounts.second_factor.time", SimpleNamespace(time=lambda: clock.now))
    return clock


def half(app: App) -> Client:
    """Return a browser in which the right password was given, and no code."""
    browser = Client()
    assert sign_in(browser, app.user.username)["Location"] == CODE
    return browser


def entered(app: App) -> Client:
    """Return a browser with both steps done."""
    browser = half(app)
    assert browser.post(CODE, {"code": app.next_code()})["Location"] == "/"
    return browser
