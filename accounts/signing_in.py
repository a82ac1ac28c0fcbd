"""What happens between a right password and an open session: the second step, the browser that is known from now on.

With a second factor a right password begins no session. The portal keeps in the visitor's session who has given it; until
the code is right that visitor is nobody on every page.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import update_last_login
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from accounts.actions import know_browser, note_session
from accounts.alerts import Alert, send_alerts
from accounts.browsers import device_in_words, give_number
from accounts.models import SignInSession, User
from accounts.side_writes import write_later
from accounts.sign_in_events import record_sign_in
from changzhi_portal.addresses import client_address
from changzhi_portal.faults import waiting_briefly
from changzhi_portal.sessions import digest_of

PASSED: Final = "second_factor"  # of a session: of which second factor a code was right, by the time that it was set up
_HALF: Final = "half_signed_in"
_HALF_FOR: Final = 10 * 60  # seconds
_BACKEND: Final = "accounts.backends.DivisionBackend"


def remember_half(request: HttpRequest, user: User, then: str) -> None:
    """Keep who has given the right password, and where to go after the code, in the visitor's session."""
    # The session gets a new key: whoever has put the old one into this browser gets no further by it.
    request.session.cycle_key()
    request.session[_HALF] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "until": int(time.time()) + _HALF_FOR,
        "then": then,
    }


def half_signed_in(request: HttpRequest) -> tuple[User, str] | None:
    """Return who has given the right password, and where to go after the code; None for anybody else.

    Nobody once ten minutes have passed, and none whose password, sessions or account an administrator has ended meanwhile.
    """
    half = request.session.get(_HALF)
    if half is None or half["until"] < time.time():
        return None
    user = User.objects.active().filter(pk=half["user"]).first()
    if user is None or not constant_time_compare(half["hash"], user.get_session_auth_hash()):
        return None
    return user, half["then"]


def forget_half(request: HttpRequest) -> None:
    """Forget who has given the right password."""
    request.session.pop(_HALF, None)


def has_passed(request: HttpRequest, user: User) -> bool:
    """Return whether the session may act for the user: a code was right in it, where the account asks for one."""
    set_at = user.second_factor_set_at
    return set_at is None or request.session.get(PASSED) == set_at.isoformat()


def note_passed(request: HttpRequest, user: User) -> None:
    """Note in the session that a code of the user's second factor was right."""
    if user.second_factor_set_at is not None:
        request.session[PASSED] = user.second_factor_set_at.isoformat()


def open_session(request: HttpRequest, user: User, response: HttpResponseBase) -> None:
    """Sign the user in: the session, the cookie of a known browser, and an alert if nobody has seen the browser before.

    The caller has checked the password and, where the account asks for it, the code (`note_passed`).
    """
    forget_half(request)
    browser = give_number(request, response)
    try:
        with waiting_briefly():
            login(request, user, backend=_BACKEND)
    except OperationalError:  # of Django's time of the last sign-in, which comes last: the session is open
        write_later(partial(update_last_login, User, user))
    record_sign_in(user)
    note = partial(
        _note_sign_in,
        user,
        browser=browser,
        session=digest_of(request.session.session_key or ""),
        device=device_in_words(request),
        address=client_address(request),
    )
    try:
        with waiting_briefly():
            ended = note()
    except OperationalError:
        write_later(note)
        return
    if ended:
        said = "、".join(str(row) for row in ended)
        messages.info(request, f"一个账号最多同时登录{settings.MAX_SESSIONS}处，最久没有用的一处已经退出：{said}。")


@transaction.atomic
def _note_sign_in(user: User, *, browser: str, session: str, device: str, address: str) -> list[SignInSession]:
    """Keep note of the browser and the session, alert the user to a new browser; return the sessions that have ended."""
    is_new = know_browser(user, digest=browser, device=device, address=address)
    ended = note_session(by=user, digest=session, device=device, address=address)
    if is_new:
        text = f"{device}，地址{address}。是您自己就不用管；不是您，请马上修改密码，在“我的账号”里退出其他登录，并告诉市局管理员。"
        send_alerts([Alert(user, "您的账号在一台新的电脑或手机上登录", text, reverse("accounts:account"))])
    return ended
