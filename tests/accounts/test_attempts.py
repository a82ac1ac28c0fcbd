"""Tests of the limits of attempts to sign in: what strangers do locks nobody out of the own office, and gets nobody in."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions import unlock_user
from accounts.browsers import COOKIE
from accounts.limits import ACCOUNT, ADDRESS, BROWSER, STRANGER, Limit
from accounts.models import AttemptCount, KnownBrowser, User
from notices.models import Notice
from tests.accounts.test_views import LOGIN
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
WRONG = "Wrong-2018-x"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
SIGN_OUT = reverse("accounts:logout")


@pytest.fixture(autouse=True)
def many_strangers(settings):
    """Have the limit of all strangers together refuse nobody."""
    settings.SIGN_IN_STRANGERS_PER_MINUTE = 100_000


@pytest.fixture(autouse=True)
def now(monkeypatch) -> float:
    """Have nothing leak while a test runs, however slowly; return the time, in seconds since 1970."""
    stopped = time.time()
    monkeypatch.setattr("accounts.limits.time", SimpleNamespace(time=lambda: stopped))
    return stopped


@pytest.fixture
def hashed(monkeypatch) -> list[str]:
    """Collect the passwords that are compared with a hash, or hashed for a name that nobody has."""
    seen: list[str] = []
    real = hashers.verify_password
    monkeypatch.setattr(
        hashers, "verify_password", lambda password, *a, **k: (seen.append(password), real(password, *a, **k))[1]
    )
    make = User.set_password
    monkeypatch.setattr(User, "set_password", lambda self, raw: (seen.append(raw), make(self, raw))[1])
    return seen


def try_from(address: str, username: str, password: str = WRONG, browser: Client | None = None, **headers: str):
    headers = {"X-Forwarded-For": address, "User-Agent": CHROME, **headers}
    return (browser or Client(REMOTE_ADDR="")).post(
        LOGIN, {"username": username, "password": password}, headers=headers
    )


def known_browser(user: User, address: str = "10.1.1.1") -> Client:
    """Return a browser in which the user has signed in and out."""
    browser = Client(REMOTE_ADDR="")
    assert try_from(address, user.username, PASSWORD, browser).status_code == 302
    browser.post(SIGN_OUT)
    return browser


def attack(username: str, times: int = ACCOUNT.capacity, first: int = 0) -> list[int]:
    """Try wrong passwords, each from another address; return the status codes."""
    return [try_from(f"10.9.{n // 250}.{n % 250}", username).status_code for n in range(first, first + times)]


def test_strangers_guesses_do_not_lock_the_owner_out_of_a_known_browser(clerk):
    browser = known_browser(clerk)
    attack(clerk.username, 30)
    for _ in range(6):
        try_from("10.1.1.1", clerk.username)  # from the same office, too
    assert try_from("10.1.1.1", clerk.username, PASSWORD, browser).status_code == 302


def test_a_right_password_among_guesses_from_everywhere_opens_nothing_and_is_not_even_hashed(clerk, hashed):
    assert set(attack(clerk.username)) == {422}
    hashed.clear()
    refused = try_from("10.20.0.1", clerk.username, PASSWORD)
    assert refused.status_code == 429 and hashed == []
    assert "平时登录的电脑" in refused.text and "半小时以后" in refused.text and "管理员" in refused.text
    assert "sessionid" not in refused.cookies and COOKIE not in refused.cookies


def test_a_right_password_that_was_being_hashed_when_the_account_closed_opens_nothing(clerk, monkeypatch):
    real = hashers.verify_password

    def slowly(*args, **kwargs):
        AttemptCount.objects.filter(name=ACCOUNT.of(clerk.username).name).update(
            closed_until=timezone.now() + ACCOUNT.closes_for
        )
        return real(*args, **kwargs)

    monkeypatch.setattr(hashers, "verify_password", slowly)
    assert try_from("10.20.0.1", clerk.username, PASSWORD).status_code == 429


def test_a_name_that_nobody_has_is_answered_as_one_that_somebody_has(clerk):
    assert attack(clerk.username, 22) == attack("nobody", 22)


def test_an_account_stays_closed_to_strangers_while_they_go_on(clerk):
    attack(clerk.username)
    count = AttemptCount.objects.get(name=ACCOUNT.of(clerk.username).name)
    soon = timezone.now() + timezone.timedelta(minutes=2)
    AttemptCount.objects.filter(pk=count.pk).update(closed_until=soon)
    assert try_from("10.30.0.1", clerk.username).status_code == 429
    count.refresh_from_db()
    assert count.closed_until > soon + timezone.timedelta(minutes=20)


def test_an_administrator_opens_an_attacked_account_again(clerk, administrator):
    attack(clerk.username)
    assert list(User.objects.with_lockout().filter(is_locked_out=True)) == [clerk]
    unlock_user(by=administrator, ref=clerk.ref, version=clerk.version)
    assert try_from("10.20.0.1", clerk.username, PASSWORD).status_code == 302


def test_guesses_at_a_name_in_other_letters_count_for_its_owner_who_is_told_and_unlocked(clerk, administrator):
    attack(clerk.username.upper())
    assert Notice.objects.filter(user=clerk, title="有人在反复猜您的密码").exists()
    assert list(User.objects.with_lockout().filter(is_locked_out=True)) == [clerk]
    unlock_user(by=administrator, ref=clerk.ref, version=clerk.version)
    assert try_from("10.20.0.1", clerk.username, PASSWORD).status_code == 302


def test_a_stolen_session_guesses_the_current_password_no_more_often_from_many_addresses(clerk, hashed):
    browser = Client(REMOTE_ADDR="")
    browser.force_login(clerk)
    asked = {"old_password": WRONG, "new_password1": "Nuan-feng-47-wan", "new_password2": "Nuan-feng-47-wan"}

    def change(address: str, **typed: str) -> int:
        headers = {"X-Forwarded-For": address}
        return browser.post(reverse("accounts:password"), {**asked, **typed}, headers=headers).status_code

    assert {change(f"10.40.0.{n}") for n in range(ACCOUNT.capacity)} == {422}
    hashed.clear()
    assert change("10.41.0.1", old_password=PASSWORD) == 429 and hashed == []


def test_a_known_browser_has_a_limit_of_its_own(clerk):
    browser = known_browser(clerk)
    tried = [try_from("10.1.1.1", clerk.username, WRONG, browser).status_code for _ in range(BROWSER.capacity)]
    assert tried == [422] * (BROWSER.capacity - 1) + [429]
    assert try_from("10.7.7.7", clerk.username, PASSWORD, browser).status_code == 429, "wherever it is"


def test_a_new_password_makes_strangers_of_the_other_browsers(clerk):
    thief, own = known_browser(clerk, "10.6.6.6"), Client(REMOTE_ADDR="")
    try_from("10.1.1.1", clerk.username, PASSWORD, own)
    new = "Nuan-feng-47-wan"
    asked = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert own.post(reverse("accounts:password"), asked).status_code == 302
    own.post(SIGN_OUT)
    attack(clerk.username)
    assert try_from("10.6.6.6", clerk.username, new, thief).status_code == 429
    assert try_from("10.1.1.1", clerk.username, new, own).status_code == 302


def test_a_browser_known_for_one_user_is_a_stranger_for_another(clerk, other_clerk):
    browser = known_browser(clerk)
    attack(other_clerk.username)
    assert try_from("10.1.1.1", other_clerk.username, PASSWORD, browser).status_code == 429


@pytest.mark.parametrize("cookie", ["x", "abc:def:ghi", ""])
def test_a_cookie_that_the_portal_has_not_signed_makes_no_browser_known(cookie, clerk):
    known_browser(clerk)
    attack(clerk.username)
    browser = Client(REMOTE_ADDR="")
    browser.cookies[COOKIE] = cookie
    assert try_from("10.1.1.1", clerk.username, PASSWORD, browser).status_code == 429


def test_the_cookie_of_a_known_browser_is_for_the_server_alone_and_opens_nothing(clerk, settings):
    settings.SESSION_COOKIE_SECURE = True
    answer = try_from("10.1.1.1", clerk.username, PASSWORD)
    cookie = answer.cookies[COOKIE]
    assert cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Lax" and cookie["max-age"] > 300 * 86400
    browser = Client(REMOTE_ADDR="")
    browser.cookies[COOKIE] = cookie.value
    assert browser.get("/").status_code == 302
    stored = KnownBrowser.objects.get()
    assert stored.digest not in cookie.value and stored.device == "Chrome，Windows"


def test_one_address_tries_so_many_names_and_no_more(clerk, hashed):
    statuses = [try_from("10.5.5.5", f"nobody{n}").status_code for n in range(ADDRESS.capacity)]
    assert set(statuses) == {422}
    hashed.clear()
    assert try_from("10.5.5.5", clerk.username, PASSWORD).status_code == 429 and hashed == []
    assert try_from("10.5.5.6", clerk.username, PASSWORD).status_code == 302


def test_strangers_are_hashed_for_so_often_and_known_browsers_always(clerk, hashed, settings):
    browser = known_browser(clerk)
    settings.SIGN_IN_STRANGERS_PER_MINUTE = 20
    statuses = [try_from(f"10.6.0.{n}", f"nobody{n}").status_code for n in range(30)]
    assert statuses == [422] * 20 + [429] * 10
    hashed.clear()
    refused = try_from("10.6.1.1", clerk.username, PASSWORD)
    assert refused.status_code == 429 and hashed == []
    assert "平时登录的电脑" in refused.text
    assert try_from("10.1.1.1", clerk.username, PASSWORD, browser).status_code == 302


def test_signing_in_rightly_from_many_new_computers_uses_nothing_up(clerk):
    for n in range(ACCOUNT.capacity + 5):
        assert try_from(f"10.8.0.{n}", clerk.username, PASSWORD).status_code == 302


def test_the_owner_and_the_administrators_are_told_of_an_attack_once_an_hour(clerk, administrator, system_admin):
    attack(clerk.username)
    AttemptCount.objects.filter(name=ACCOUNT.of(clerk.username).name).delete()
    attack(clerk.username, first=100)
    told = Notice.objects.filter(kind="sign_in").values_list("user", "title")
    assert sorted(told) == sorted(
        [
            (clerk.pk, "有人在反复猜您的密码"),
            (administrator.pk, "有账号正被反复猜密码"),
            (system_admin.pk, "有账号正被反复猜密码"),
        ]
    )


def test_the_owner_is_told_of_a_lock_and_the_e_mail_names_nobody(clerk):
    User.objects.filter(pk=clerk.pk).update(email="clerk@example.invalid")
    for _ in range(STRANGER.capacity):
        try_from("10.9.9.9", clerk.username)
    notice = Notice.objects.get()
    assert (notice.user, notice.title, notice.mail) == (clerk, "有人连续输错您的密码", Notice.Mail.WAITING)
    assert "10.9.9.9" in notice.text and "Chrome，Windows" in notice.text


def test_the_administrators_are_told_when_the_whole_portal_is_guessed_at(administrator, clerk):
    for n in range(105):
        try_from(f"10.10.{n // 50}.{n % 50}", f"nobody{n}")
    assert [notice.title for notice in Notice.objects.filter(user=administrator)] == ["有人在成批地试账号和密码"]
    assert not Notice.objects.filter(user=clerk).exists()


def test_a_new_browser_is_told_to_the_owner_but_not_the_first_nor_one_that_has_lost_its_cookie(clerk):
    known_browser(clerk)
    known_browser(clerk)  # the same computer without its cookie
    assert not Notice.objects.exists()
    known_browser(clerk, "10.2.2.2")
    notice = Notice.objects.get()
    assert notice.title == "您的账号在一台新的电脑或手机上登录" and "10.2.2.2" in notice.text


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, "Chrome，Windows"),
        (CHROME + " Edg/126.0", "Edge，Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox，Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148 Safari/604.1",
            "Safari，iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120 Mobile Safari/537.36 MicroMessenger/8.0", "微信，Android手机"),
        ("", "其他浏览器，其他系统"),
        ("<script>" + "x" * 10_000, "其他浏览器，其他系统"),
    ],
)
def test_a_browser_is_called_what_people_call_it(agent, words, clerk):
    try_from("10.1.1.1", clerk.username, PASSWORD, **{"User-Agent": agent})
    assert KnownBrowser.objects.get().device == words


# --- Counting ---


def test_counts_leak_and_those_that_say_nothing_are_deleted(now):
    limit = Limit("test", 2, 60)
    count = limit.of("a")
    assert [count.take() for _ in range(3)] == [True, True, False]
    AttemptCount.objects.update(used_until=int((now + 59) * 1000))
    assert [count.take() for _ in range(2)] == [True, False], "one has leaked"
    AttemptCount.objects.update(used_until=0)
    assert limit.of("b").take()
    assert [row.name for row in AttemptCount.objects.all()] == [limit.of("b").name]


def test_no_name_and_no_address_is_stored_in_clear(clerk):
    try_from("10.77.77.77", clerk.username)
    stored = str(list(AttemptCount.objects.values()))
    assert "account:" in stored and clerk.username not in stored and "10.77" not in stored


@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_moment_are_counted_one_by_one():
    count = Limit("test", 5, 3600).of("a")
    taken: list[bool] = []

    def take() -> None:
        taken.append(count.take())
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 7 + [True] * 5


def test_a_browser_that_nobody_has_used_for_a_year_is_a_stranger_and_forgotten(clerk):
    browser = known_browser(clerk)
    KnownBrowser.objects.update(last_used_at=timezone.now() - timezone.timedelta(days=401))
    attack(clerk.username)
    assert try_from("10.1.1.1", clerk.username, PASSWORD, browser).status_code == 429
    AttemptCount.objects.all().delete()
    known_browser(clerk, "10.2.2.2")
    assert [each.address for each in KnownBrowser.objects.all()] == ["10.2.2.2"]
