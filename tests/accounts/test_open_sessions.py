"""Tests of open sessions: listed on 我的账号 and on a user's page, ended one by one, no more than so many at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions import open_sessions
from accounts.models import AccountSettings, Role, SignInSession, User
from changzhi_portal.sessions import SEEN, SessionStore, digest_of
from tests.accounts.test_views import LOGIN, change
from tests.factories import PASSWORD, make_user
from tests.queries import queries_of, writes_of

pytestmark = pytest.mark.django_db
ACCOUNT = reverse("accounts:account")
END, END_OTHERS = reverse("accounts:own_session_end"), reverse("accounts:own_sessions_end_others")
WINDOWS = "Mozilla/5.0 (Windows NT 10.0) Chrome/126.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148 Safari/604.1"


def enter(user: User, address: str = "10.1.1.1", agent: str = WINDOWS) -> Client:
    browser = Client(REMOTE_ADDR="")
    sent = {"username": user.username, "password": PASSWORD}
    answer = browser.post(LOGIN, sent, headers={"X-Forwarded-For": address, "User-Agent": agent})
    assert answer.status_code == 302
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/").status_code == 200


def numbers_on(page: str) -> list[str]:
    return re.findall(r'name="session" value="(\d+)"', page)


def test_the_own_account_lists_where_one_is_signed_in_and_ends_one(clerk):
    here, telephone = enter(clerk), enter(clerk, "10.2.2.2", IPHONE)
    page = here.get(ACCOUNT).text
    for words in ("Chrome，Windows", "10.1.1.1", "（这一处）", "Safari，iPhone", "10.2.2.2"):
        assert words in page
    [other] = numbers_on(page)
    done = here.post(END, {"session": other}, follow=True)
    assert "已退出：Safari，iPhone（10.2.2.2）" in done.text
    assert numbers_on(done.text) == []
    assert is_in(here) and not is_in(telephone)
    assert "已经退出了" in here.post(END, {"session": other}, follow=True).text


def test_all_other_sessions_end_at_once(clerk):
    here, others = enter(clerk), [enter(clerk, f"10.2.2.{n}") for n in range(3)]
    assert "已退出其他3处登录" in here.post(END_OTHERS, follow=True).text
    assert is_in(here) and not any(map(is_in, others))


def test_nobody_ends_or_sees_the_session_of_another_user(clerk, other_clerk):
    here, victim = enter(clerk), enter(other_clerk, "10.3.3.3")
    assert "10.3.3.3" not in here.get(ACCOUNT).text
    here.post(END, {"session": SignInSession.objects.get(user=other_clerk).pk})
    assert is_in(victim)


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "٣"])
def test_a_session_that_is_none_is_refused_in_words(number, clerk):
    answer = enter(clerk).post(END, {"session": number}, follow=True)
    assert answer.status_code == 200 and "已经退出了" in answer.text


def test_an_administrator_sees_and_ends_sessions_of_the_users_managed(place, administrator, clerk, street_clerk):
    AccountSettings.objects.create(pk=AccountSettings.ONLY, counties_manage_clerks=True)
    person, own = enter(street_clerk, "10.4.4.4"), enter(clerk)
    page = own.get(street_clerk.get_absolute_url()).text
    assert "10.4.4.4" in page
    [number] = numbers_on(page)
    address = reverse("accounts:user_session_end", args=[street_clerk.ref])
    stranger = enter(make_user(Role.DISTRICT_CLERK, place.other_county))
    assert stranger.post(address, {"session": number}).status_code == 404
    auditor = enter(make_user(Role.AUDITOR, place.city))
    assert numbers_on(auditor.get(street_clerk.get_absolute_url()).text) == []
    assert auditor.post(address, {"session": number}).status_code == 403
    assert is_in(person)
    assert "的一处登录已退出" in own.post(address, {"session": number}, follow=True).text
    assert not is_in(person)


def test_the_session_that_looks_is_marked_on_the_own_page_in_the_list_too(administrator):
    here, there = enter(administrator), enter(administrator, "10.2.2.2")
    page = here.get(administrator.get_absolute_url()).text
    assert "（这一处）" in page and len(numbers_on(page)) == 1
    assert is_in(there)


def test_of_too_many_sessions_the_one_unused_for_longest_ends(clerk, settings):
    settings.MAX_SESSIONS = 2
    first, second = enter(clerk, "10.1.1.1"), enter(clerk, "10.1.1.2")
    for browser, ago in ((first, 60), (second, 600)):
        session = browser.session
        session[SEEN] = int((timezone.now() - timedelta(seconds=ago)).timestamp())
        session.save()
    SignInSession.objects.update(began_at=timezone.now() - timedelta(hours=1))
    third = enter(clerk, "10.1.1.3")
    assert "最久没有用的一处已经退出：Chrome，Windows（10.1.1.2）" in third.get("/").text
    assert is_in(first) and not is_in(second) and is_in(third)
    settings.MAX_SESSIONS = 0
    fourth = enter(clerk, "10.1.1.4")
    assert is_in(first) and is_in(third) and is_in(fourth)


def test_a_session_that_has_ended_by_itself_is_listed_nowhere_and_counts_for_nothing(clerk, settings):
    settings.MAX_SESSIONS = 1
    first = enter(clerk)
    SessionStore.end(digest_of(first.session.session_key))
    assert open_sessions(clerk) == []
    enter(clerk)
    assert SignInSession.objects.count() == 1, "the row of the first is gone"


def test_a_session_older_than_allowed_is_not_listed(clerk, settings):
    browser = enter(clerk)
    session = browser.session
    session["began"] = int((timezone.now() - timedelta(hours=13)).timestamp())
    session.save()
    assert open_sessions(clerk) == []


def test_signing_out_takes_the_session_off_the_list(clerk):
    browser = enter(clerk)
    browser.post(reverse("accounts:logout"))
    assert not SignInSession.objects.exists()


def test_a_new_password_keeps_this_session_on_the_list_and_ends_the_others(clerk):
    here, there = enter(clerk), enter(clerk, "10.1.1.2")
    assert change(here, PASSWORD).status_code == 302
    clerk.refresh_from_db()
    [only] = open_sessions(clerk, digest_of(here.session.session_key))
    assert only.is_this and is_in(here) and not is_in(there)


def test_all_sessions_of_a_user_ended_by_an_administrator_are_off_the_list(clerk, administrator, signed_in):
    person = enter(clerk)
    clerk.refresh_from_db()
    signed_in(administrator).post(reverse("accounts:user_sessions", args=[clerk.ref]), {"version": clerk.version})
    clerk.refresh_from_db()
    assert open_sessions(clerk) == [] and not is_in(person)


def test_pages_write_nothing_into_the_database_to_know_when_a_session_was_last_used(clerk):
    browser = enter(clerk)
    session = browser.session
    session[SEEN] = 1
    session.save()
    SignInSession.objects.update(began_at=timezone.now() - timedelta(days=1))
    assert writes_of(queries_of(lambda: browser.get(ACCOUNT))) == []
    clerk.refresh_from_db()
    [only] = open_sessions(clerk)
    assert timezone.now() - only.seen_at < timedelta(minutes=1)


def test_what_a_page_asks_by_itself_does_not_count_as_use(clerk):
    browser = enter(clerk)
    session = browser.session
    session[SEEN] = 1
    session.save()
    browser.get(reverse("notices:count"), headers={"HX-Request": "true"})
    assert browser.session[SEEN] == 1


def test_a_row_of_a_session_does_not_hold_its_key(clerk):
    browser = enter(clerk)
    key = browser.session.session_key
    row = SignInSession.objects.get()
    assert key not in str(row.__dict__)
    thief = Client(REMOTE_ADDR="")
    thief.cookies["sessionid"] = row.digest
    assert thief.get("/").status_code == 302
