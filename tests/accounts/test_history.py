"""Tests of the last sign-ins that an account and its administrators see."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.history import SHOWN_OF_EACH, sign_in_history
from changelog.trail import TrailKind, record_event
from tests.accounts.codes import standing_clock
from tests.accounts.test_open_sessions import IPHONE, WINDOWS, enter
from tests.accounts.test_views import LOGIN, sign_in

pytestmark = pytest.mark.django_db
ACCOUNT = reverse("accounts:account")


def lines_on(page: str) -> list[str]:
    """Return what the lines of the history say, the newest first."""
    return re.findall(r'<td data-label="情况">(?:<span class="bad">)?([^<]+)', page)


def test_the_own_account_shows_sign_ins_and_failed_ones_with_device_and_address(clerk):
    headers = {"X-Forwarded-For": "10.66.0.1", "User-Agent": IPHONE}
    Client(REMOTE_ADDR="").post(LOGIN, {"username": clerk.username, "password": "Wrong-2018-x"}, headers=headers)
    browser = enter(clerk, "10.1.1.1", WINDOWS)
    page = browser.get(ACCOUNT).text
    assert lines_on(page) == ["登录", "密码不对，没有登录"]
    assert "10.66.0.1" in page and "Safari，iPhone" in page


def test_an_administrator_sees_them_on_the_users_page_and_nobody_those_of_others(clerk, other_clerk, administrator):
    enter(clerk, "10.5.0.5")
    enter(other_clerk, "10.6.0.6").post(reverse("accounts:logout"))
    page = enter(administrator).get(clerk.get_absolute_url()).text
    assert lines_on(page) == ["登录"] and "10.5.0.5" in page and "10.6.0.6" not in page
    assert [line.what for line in sign_in_history(other_clerk)] == ["退出", "登录"]


def test_a_lock_out_wrong_codes_and_ended_sessions_are_in_the_history(clerk, administrator, monkeypatch):
    standing_clock(monkeypatch).app_of(clerk)
    browser = Client(REMOTE_ADDR="")
    sign_in(browser, clerk.username)
    for _ in range(5):
        browser.post(reverse("accounts:login_code"), {"code": "000000"})
    assert [line.what for line in sign_in_history(clerk)] == [
        "输错太多，锁定",
        *["密码对，验证码不对"] * 5,
        "新设备上密码对，要输验证码",
        "启用两步验证",
    ]
    assert [line.is_bad for line in sign_in_history(clerk)] == [True] * 6 + [False] * 2


def test_only_the_last_are_shown_and_heaps_of_failures_hide_no_sign_in(clerk):
    for kind in (TrailKind.SIGNED_IN, TrailKind.SIGN_IN_FAILED):
        for _ in range(SHOWN_OF_EACH + 5):
            record_event(kind, by=clerk, about=clerk)
    shown = [line.what for line in sign_in_history(clerk)]
    assert shown == ["密码不对，没有登录"] * SHOWN_OF_EACH + ["登录"] * SHOWN_OF_EACH
