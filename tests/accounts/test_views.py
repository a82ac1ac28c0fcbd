"""Tests of signing in and out, the first password and the lock-out."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from tests.factories import PASSWORD, make_user

LOGIN = "/accounts/login/"
NEW = "Xin-mima-2018"


def sign_in(browser: Client, username: str, password: str = PASSWORD, **extra: str):
    return browser.post(LOGIN, {"username": username, "password": password, **extra})


@pytest.mark.django_db
def test_a_visitor_is_sent_to_sign_in_and_comes_back_to_the_page_asked_for(clerk):
    browser = Client()
    sent = browser.get("/communities/")
    assert sent["Location"] == f"{LOGIN}?next=/communities/"
    assert "登录" in browser.get(sent["Location"]).content.decode()
    back = sign_in(browser, clerk.username, next="/communities/")
    assert back["Location"] == "/communities/"
    assert browser.get("/communities/").status_code == 200


@pytest.mark.django_db
def test_nobody_is_sent_to_another_site(clerk):
    assert sign_in(Client(), clerk.username, next="https://evil.example/")["Location"] == "/"


@pytest.mark.django_db
@pytest.mark.parametrize("known", [True, False])
def test_a_wrong_name_and_a_wrong_password_look_the_same(known, clerk):
    answer = sign_in(Client(), clerk.username if known else "nobody", "Wrong-2018-x")
    assert answer.status_code == 422
    assert "用户名或密码不对" in answer.content.decode()


@pytest.mark.django_db
def test_too_many_wrong_passwords_lock_even_the_right_one_out(clerk):
    browser = Client()
    for _ in range(4):
        assert sign_in(browser, clerk.username, "Wrong-2018-x").status_code == 422
    locked = sign_in(browser, clerk.username, "Wrong-2018-x")
    assert locked.status_code == 429
    assert "请15分钟后再试" in locked.content.decode()
    assert sign_in(browser, clerk.username).status_code == 429


@pytest.mark.django_db
def test_signing_out_takes_a_post(clerk, signed_in):
    browser = signed_in(clerk)
    assert browser.get(reverse("accounts:logout")).status_code == 405
    assert browser.get("/").status_code == 200
    assert browser.post(reverse("accounts:logout"))["Location"] == LOGIN
    assert browser.get("/").status_code == 302


@pytest.mark.django_db
def test_a_first_password_must_be_changed_before_anything_else(place):
    user = make_user(Role.DISTRICT_CLERK, place.county, must_change_password=True)
    browser = Client()
    assert sign_in(browser, user.username)["Location"] == "/"
    assert browser.get("/")["Location"] == reverse("accounts:password")
    page = browser.get(reverse("accounts:password")).content.decode()
    shortest = settings.AUTH_PASSWORD_VALIDATORS[1]["OPTIONS"]["min_length"]
    assert f"至少{shortest}位" in page and "你" not in page
    assert "请先换成只有您自己知道的密码" in page
    assert "主菜单" not in page, "the menu leads nowhere yet"
    done = browser.post(
        reverse("accounts:password"), {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    )
    assert done["Location"] == "/"
    assert "密码已修改" in browser.get("/").content.decode()
    user.refresh_from_db()
    assert not user.must_change_password
    assert user.check_password(NEW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new", "again", "says"),
    [
        ("Wrong-2018-x", NEW, NEW, "当前密码不对"),
        (PASSWORD, NEW, "Xin-mima-2019", "两次输入的新密码不一样"),
        (PASSWORD, PASSWORD, PASSWORD, "新密码不能与当前密码相同"),
        (PASSWORD, "abcdefghijk", "abcdefghijk", "三种"),
        (PASSWORD, "Ab1-", "Ab1-", "密码至少要有10位"),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_the_reason(old, new, again, says, clerk, signed_in):
    asked = {"old_password": old, "new_password1": new, "new_password2": again}
    answer = signed_in(clerk).post(reverse("accounts:password"), asked)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert answer.content.decode().count(" autofocus") == 1, "that of the first field with an error"
    clerk.refresh_from_db()
    assert clerk.check_password(PASSWORD)


@pytest.mark.django_db
def test_a_part_of_a_page_asked_for_after_the_session_ended_takes_the_whole_page_to_sign_in():
    answer = Client().get(
        "/communities/", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="http://testserver/communities/?q=a&kind=urban"
    )
    followed = Client().get(
        answer["Location"], HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="http://testserver/communities/?q=a&kind=urban"
    )
    assert followed["HX-Redirect"] == f"{LOGIN}?next=/communities/%3Fq%3Da%26kind%3Durban"


@pytest.mark.django_db
def test_the_own_account_says_role_and_division(street_clerk, signed_in):
    text = signed_in(street_clerk).get(reverse("accounts:account")).content.decode()
    assert "街道填报员" in text
    assert "城区东街街道办事处" in text
