"""Tests of the second step of signing in: a code, after the right password."""

from __future__ import annotations

import logging
import re

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse

from accounts.models import SecondFactor, User
from changelog.models import TrailRecord
from notices.models import Notice
from tests.accounts.codes import CODE, entered, half
from tests.accounts.test_views import LOGIN, sign_in
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def test_a_right_password_alone_begins_no_session(app):
    browser = half(app)
    assert SESSION_KEY not in browser.session
    assert browser.get("/")["Location"].startswith(LOGIN)
    assert browser.get(CODE).status_code == 200


def test_the_code_signs_in_and_leads_to_the_page_asked_for(app):
    browser = Client()
    sign_in(browser, app.user.username, next="/communities/")
    key = browser.session.session_key
    page = browser.get(CODE)
    assert "两步验证" in page.text and "no-store" in page["Cache-Control"]
    wrong = browser.post(CODE, {"code": "000000"})
    assert wrong.status_code == 422 and "验证码不对" in wrong.text
    assert browser.post(CODE, {"code": app.next_code()})["Location"] == "/communities/"
    assert browser.session.session_key != key, "who has put a session into the browser gets nothing by it"
    assert browser.get("/communities/").status_code == 200
    assert browser.get(CODE)["Location"] == "/"


def test_the_session_of_a_visitor_gets_a_new_key_with_the_password(app):
    browser = Client()
    browser.get(LOGIN)
    session = browser.session
    session["planted"] = True
    session.save()
    browser.cookies["sessionid"] = session.session_key
    sign_in(browser, app.user.username)
    assert browser.session.session_key != session.session_key


def test_a_code_that_was_used_to_sign_in_does_not_sign_anybody_else_in(app):
    first, second = half(app), half(app)
    code = app.next_code()
    assert first.post(CODE, {"code": code}).status_code == 302
    assert second.post(CODE, {"code": code}).status_code == 422


def test_who_knows_the_password_and_gives_no_code_leaves_a_trace_that_does_not_name_the_user_as_its_maker(app):
    half(app)
    [record] = TrailRecord.objects.about(app.user).filter(detail_json__contains="code_asked")
    assert record.made_by is None and record.username == app.user.username
    own = entered(app)
    own.post(reverse("accounts:logout"))
    before = TrailRecord.objects.filter(kind="second_factor").count()
    assert sign_in(own, app.user.username)["Location"] == CODE
    assert TrailRecord.objects.filter(kind="second_factor").count() == before, "not in a known browser"


def test_five_wrong_codes_lock_and_the_owner_is_told(app):
    browser = half(app)
    assert [browser.post(CODE, {"code": "000000"}).status_code for _ in range(5)] == [422] * 4 + [429]
    locked = browser.post(CODE, {"code": app.next_code()})
    assert locked.status_code == 429 and "验证码连续输错" in locked.text
    assert half(app).post(CODE, {"code": app.next_code()}).status_code == 429, "in any other browser, too"
    notice = Notice.objects.get(user=app.user, title__contains="输错了验证码")
    assert "马上修改密码" in notice.text


def test_wrong_codes_of_a_stranger_do_not_lock_the_owners_browser(app):
    own = entered(app)
    own.post(reverse("accounts:logout"))
    stranger = half(app)
    for _ in range(5):
        stranger.post(CODE, {"code": "000000"})
    assert sign_in(own, app.user.username)["Location"] == CODE
    assert own.post(CODE, {"code": app.next_code()}).status_code == 302


def test_the_second_step_ends_after_ten_minutes_and_with_a_new_password(app, monkeypatch):
    browser = half(app)
    user = app.user
    user.set_password("Nuan-feng-47-wan")
    user.save()
    assert browser.get(CODE)["Location"] == LOGIN
    assert browser.post(CODE, {"code": app.next_code()})["Location"] == LOGIN
    user.set_password(PASSWORD)
    user.save()
    browser = half(app)
    session = browser.session
    session["half_signed_in"] = {**session["half_signed_in"], "until": 1}
    session.save()
    assert browser.post(CODE, {"code": app.next_code()})["Location"] == LOGIN


def test_somebody_deactivated_between_the_steps_gets_no_further(app):
    browser = half(app)
    User.objects.filter(pk=app.user.pk).update(is_active=False)
    assert browser.post(CODE, {"code": app.next_code()})["Location"] == LOGIN


def test_a_session_that_has_passed_no_code_is_ended_however_it_began(app, signed_in):
    browser = signed_in(app.user)  # as a way to sign in that forgets the second step
    assert browser.get("/")["Location"].startswith(LOGIN)
    assert SESSION_KEY not in browser.session


def test_a_session_that_has_passed_the_code_of_an_earlier_second_factor_ends(app):
    browser = entered(app)
    assert browser.get("/").status_code == 200
    SecondFactor.objects.all().delete()
    User.objects.filter(pk=app.user.pk).update(second_factor_set_at=None)
    app.user.refresh_from_db()
    app.clock.app_of(app.user)
    assert browser.get("/")["Location"].startswith(LOGIN)


def test_a_second_factor_whose_secret_is_gone_lets_nobody_in(app):
    SecondFactor.objects.all().delete()
    assert half(app).post(CODE, {"code": app.next_code()}).status_code == 422


def test_neither_code_nor_secret_comes_into_the_log(app, caplog, settings):
    caplog.set_level(logging.DEBUG)
    browser = half(app)
    code = app.next_code()
    browser.post(CODE, {"code": "135790"})
    browser.post(CODE, {"code": code})
    browser.get(reverse("accounts:recovery_codes"))
    shown = browser.post(reverse("accounts:recovery_codes"), {"password": PASSWORD, "code": app.next_code()}).text
    codes = re.findall(r"<code>(\d{4} \d{4} \d{4})</code>", shown)
    assert len(codes) == 10
    assert not [text for text in (code, "135790", app.secret, PASSWORD, *codes) if text in caplog.text]
