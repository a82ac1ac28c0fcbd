"""Attempts to sign in: which passwords are looked at at all, and what too many wrong ones do (ADR 0025).

Hashing a password takes a third of a second of a processor, and every guess that is hashed is a chance for who guesses.
So an attempt is counted first. A browser that the user has signed in with before is counted by itself. All others are
strangers: they are counted by name and address, by name, by address and all together, and an account that strangers keep
guessing at is closed to them, the right password included. What strangers do closes nothing for a known browser.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum

from django.contrib.auth import authenticate
from django.db import OperationalError
from django.http import HttpRequest
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from accounts.actions import use_code
from accounts.alerts import Alert, send_alerts, send_once_an_hour
from accounts.browsers import browser_digest, device_in_words, known_browser
from accounts.limits import (
    ACCOUNT,
    ADDRESS,
    BROWSER,
    CODES,
    PORTAL,
    STRANGER,
    Count,
    first_refusing,
    hash_work,
    take_uncounted,
)
from accounts.models import Role, User
from accounts.sign_in_events import record_failure, record_lock_out, record_second_step
from changzhi_portal.addresses import client_address, counted_address
from changzhi_portal.faults import BUSY, fault_of, waiting_briefly

logger = logging.getLogger(__name__)
# Milliseconds that a count waits for another writer of SQLite: many sign-ins at once wait for each other, an upload that is
# brought in takes longer.
_COUNTS_WAIT = 1_500


class Refused(StrEnum):
    """Why a password or code is not looked at; each has its words in `accounts/locked_out.html`."""

    LOCKED = "locked"  # too many wrong passwords here
    CODES = "codes"  # too many wrong codes of the second factor
    ATTACKED = "attacked"  # too many wrong ones by strangers everywhere
    BUSY = "busy"  # too many strangers at once, whatever the name


@contextmanager
def unless_busy() -> Iterator[list[bool]]:
    """Write counts unless SQLite is busy with another writer; the list yielded holds True once they are written.

    An upload that is brought in holds the database for seconds, and nobody is to wait for it to sign in.
    """
    written: list[bool] = []
    try:
        with waiting_briefly(_COUNTS_WAIT):
            yield written
        written.append(True)
    except OperationalError as error:
        if fault_of(error) is not BUSY:
            raise
        logger.info("Attempts are not counted while another writes: %s", error)


class Attempt:
    """One attempt to sign in with a password, or to give the password of the signed-in user."""

    def __init__(self, request: HttpRequest, username: str, *, is_signed_in: bool = False) -> None:
        self.request = request
        self.username = username
        # In whatever case: a count that a stranger has begun with WANG is that of wang, who is told and unlocked.
        found = User.objects.select_related("division").filter(username__iexact=username)
        self.user = found.exclude(role=Role.CLIENT).first()  # another system has no password, and nobody to tell
        self.address = client_address(request)
        browser = known_browser(request, self.user) if self.user is not None else None
        near = counted_address(self.address)
        name = username.casefold()
        # Names that nobody has are counted as others are: the answers tell nobody which names there are.
        self.own = (
            BROWSER.of(browser.pk, user=self.user) if browser is not None else STRANGER.of(name, near, user=self.user)
        )
        self.account = ACCOUNT.of(name, user=self.user)
        self.of_address = ADDRESS.of(near)
        self.counts: list[Count] = [self.own]
        if browser is None:
            self.counts.append(self.account)  # at an open session too: it may be stolen
            if not is_signed_in:
                self.counts += [self.of_address, hash_work().of()]
        self.is_counted = True  # False once another writer has kept it from being counted

    @property
    def is_strangers(self) -> bool:
        """Return whether it is counted together with those of all strangers."""
        return self.account in self.counts

    def begin(self) -> Refused | None:
        """Count the attempt and return None, or return why the password is not to be looked at."""
        refusing = first_refusing(self.counts)
        if refusing is None:
            with unless_busy() as written:
                refusing = next((count for count in self.counts if not count.take()), None)
            if not written:
                self.is_counted = False
                return None if take_uncounted(self.own) else Refused.BUSY
        if refusing is None:
            return None
        if refusing is self.account:
            with unless_busy():
                self.account.prolong()
        return self._reason_of(refusing)

    def fail(self) -> Refused | None:
        """Note that the password was wrong; return a reason if this was the last attempt for now."""
        record_failure(self.username, self.user)
        if self.is_counted:
            with unless_busy():
                self._close_what_is_used_up()
        return Refused.LOCKED if self.own.is_closed() else None

    def _close_what_is_used_up(self) -> None:
        if self.own.close_if_used_up():
            record_lock_out(self.username, self.user, self.own.limit.name)
            self._tell_owner_of_lock()
        if self.is_strangers:
            self.of_address.close_if_used_up()
            if self.account.close_if_used_up():
                record_lock_out(self.username, self.user, self.account.limit.name)
                self._tell_of_attack()
            if not PORTAL.of().take():
                send_once_an_hour("portal", _portal_alerts)

    def succeed(self) -> Refused | None:
        """Note that the password was right; return a reason if it must not open the account all the same.

        A right password of a stranger while the account is attacked may be a guess that has hit.
        """
        if self.is_strangers and self.account.is_closed():
            logger.warning("A right password was refused: strangers are guessing at the account")
            return Refused.ATTACKED
        if self.is_counted:
            with unless_busy():
                for count in (self.account, self.of_address):
                    if count in self.counts:
                        count.give_back()
                self.own.forget()
        return None

    def _reason_of(self, count: Count) -> Refused:
        if count is self.own:
            return Refused.LOCKED
        return Refused.ATTACKED if count is self.account else Refused.BUSY

    def _tell_owner_of_lock(self) -> None:
        user = self.user
        if user is None or not user.is_active:
            return
        place = f"{device_in_words(self.request)}，地址{self.address}"
        text = f"{place}。是您自己输错的，15分钟后再登录；不是您，请告诉市局管理员，并把密码改得更难猜。"
        send_once_an_hour(
            f"locked:{user.pk}",
            lambda: [Alert(user, "有人连续输错您的密码", text, reverse("accounts:account"))],
        )

    def _tell_of_attack(self) -> None:
        user = self.user
        logger.warning("Strangers are guessing at the password of an account")
        if user is None or not user.is_active:
            return
        text = "许多地方在试您的密码，已经不让没有登录过的电脑登录；您在平时用的电脑上照常登录，密码不用改。不放心的请联系市局管理员。"
        own = Alert(user, "有人在反复猜您的密码", text, reverse("accounts:account"))
        told = f"“{user}”（{user.username}）的密码正被反复猜测，已经不让没有登录过的电脑登录，平时用的电脑照常。本人急着在别的电脑上登录的，可以解锁。"
        send_once_an_hour(
            f"attacked:{user.pk}",
            lambda: [own, *administrators_alerts("有账号正被反复猜密码", told, user.get_absolute_url(), but=user)],
        )


def administrators_alerts(title: str, text: str, url: str, *, but: User | None = None) -> list[Alert]:
    """Return the same alert for all active administrators, except one."""
    return [Alert(each, title, text, url) for each in User.objects.administrators().order_by("pk") if each != but]


def _portal_alerts() -> Sequence[Alert]:
    text = (
        "十分钟里没有登录过的电脑输错了一百次以上的密码，可能有人在成批地试账号和密码。"
        "登录过的电脑不受影响，别的电脑登录要等；请让系统管理员看访问日志里的地址，必要时在防火墙上拦住。"
    )
    return administrators_alerts("有人在成批地试账号和密码", text, reverse("accounts:users"))


class AttemptRefusedError(Exception):
    """A password or code is not looked at; `accounts.middleware.RefusedAttemptMiddleware` answers with the page of the reason."""

    def __init__(self, reason: Refused) -> None:
        super().__init__(str(reason))
        self.reason = reason


@sensitive_variables("password")
def is_own_password(request: HttpRequest, password: str) -> bool:
    """Return whether this is the password of the signed-in user. Every page that asks for it asks here.

    A wrong one counts as at sign-in, a right one ends the counting. Raises AttemptRefusedError while too many were wrong.
    """
    name = request.user.get_username()
    attempt = Attempt(request, name, is_signed_in=True)
    refuse_if(attempt.begin())
    if authenticate(request, username=name, password=password) is None:
        refuse_if(attempt.fail())
        return False
    refuse_if(attempt.succeed())
    return True


def is_own_code(request: HttpRequest, user: User, code: str) -> bool:
    """Return whether a code of the second factor is right, and have it never taken again.

    Raises AttemptRefusedError while too many were wrong.
    """
    attempt = CodeAttempt(request, user)
    refuse_if(attempt.begin())
    if not use_code(user, code):
        refuse_if(attempt.fail())
        return False
    attempt.succeed()
    return True


def refuse_if(reason: Refused | None) -> None:
    """Raise AttemptRefusedError if there is a reason."""
    if reason is not None:
        raise AttemptRefusedError(reason)


class CodeAttempt:
    """One attempt to give a code of the second factor, at sign-in or in a page."""

    def __init__(self, request: HttpRequest, user: User) -> None:
        self.request, self.user = request, user
        # A known browser by itself, all others together: who has stolen the password cannot keep the owner out.
        known = known_browser(request, user)
        self.count = CODES.of(user.pk, browser_digest(request) if known is not None else "", user=user)

    def begin(self) -> Refused | None:
        """Count the attempt and return None, or return why the code is not to be looked at."""
        return None if self.count.take() else Refused.CODES

    def fail(self) -> Refused | None:
        """Note that the code was wrong; return a reason if this was the last attempt for now, and tell the owner then."""
        record_second_step(self.user, "wrong_code")
        if not self.count.close_if_used_up():
            return None
        record_lock_out(self.user.username, self.user, self.count.limit.name)
        place = f"{device_in_words(self.request)}，地址{client_address(self.request)}"
        text = f"{place}，密码是对的。不是您自己，就是密码被人知道了：请马上修改密码，并告诉市局管理员。"
        send_alerts([Alert(self.user, "有人知道您的密码，但输错了验证码", text, reverse("accounts:password"))])
        return Refused.CODES

    def succeed(self) -> None:
        """Note that the code was right."""
        self.count.forget()
