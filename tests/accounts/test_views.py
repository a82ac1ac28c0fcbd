"""Tests of signing in and out, the password page and the lock-out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AttemptCount, Role, User
from tests.factories import PASSWORD, make_user

LOGIN = "/accounts/login/"
NEW = "Nuan-feng-47-wan"


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
        (PASSWORD, NEW, "Nuan-feng-48-wan", "两次输入的新密码不一样"),
        (PASSWORD, "abcdefghijk", "abcdefghijk", "三种"),
        (PASSWORD, "Ab1-", "Ab1-", "密码至少要有10位"),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_the_reason(old, new, again, says, clerk, signed_in):
    answer = change(signed_in(clerk), old, new, again)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert answer.content.decode().count(" autofocus") == 1, "that of the first field with an error"
    clerk.refresh_from_db()
    assert clerk.check_password(PASSWORD)


def change(browser: Client, old: str, new: str = NEW, again: str = ""):
    asked = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return browser.post(reverse("accounts:password"), asked)


@pytest.mark.django_db
def test_wrong_current_passwords_lock_the_account_out_as_at_sign_in_and_are_stored_nowhere(clerk, signed_in):
    browser = signed_in(clerk)
    for _ in range(4):
        assert change(browser, "Wrong-2018-x").status_code == 422
    locked = change(browser, "Wrong-2018-x")
    assert locked.status_code == 429
    assert "当前密码连续输错次数过多" in locked.content.decode() and "返回首页" in locked.content.decode()
    assert change(browser, PASSWORD).status_code == 429, "even the right one"
    assert sign_in(Client(), clerk.username).status_code == 429
    assert browser.get("/").status_code == 200, "the session goes on"
    clerk.refresh_from_db()
    assert clerk.check_password(PASSWORD)
    stored = " ".join(str(value) for row in AttemptCount.objects.values() for value in row.values())
    assert stored
    assert not [typed for typed in ("Wrong-2018-x", PASSWORD, NEW) if typed in stored]


@pytest.mark.django_db
def test_wrong_passwords_at_sign_in_and_on_the_page_are_counted_together_and_a_right_one_ends_it(clerk, signed_in):
    browser = signed_in(clerk)
    for _ in range(2):
        sign_in(Client(), clerk.username, "Wrong-2018-x")
        assert change(browser, "Wrong-2018-x").status_code == 422
    assert change(browser, PASSWORD).status_code == 302
    assert [change(browser, "Wrong-2018-x").status_code for _ in range(5)] == [422, 422, 422, 422, 429]


@pytest.mark.django_db
@pytest.mark.parametrize("old", ["", "Wrong-2018-x"])
def test_without_the_current_password_the_page_tells_nothing_about_a_new_one(old, clerk, signed_in):
    browser = signed_in(clerk)
    change(browser, PASSWORD)
    for tried in (PASSWORD, NEW):
        text = change(browser, old, tried).content.decode()
        assert "不能与当前密码相同" not in text and "用过的密码不能再用，请" not in text


@pytest.mark.django_db
def test_the_current_password_is_not_taken_as_the_new_one(clerk, signed_in):
    clerk.set_password(NEW)
    clerk.save()
    answer = change(signed_in(clerk), NEW)
    assert answer.context["form"].errors == {"new_password1": ["新密码不能与当前密码相同，请换一个。"]}


@pytest.mark.django_db
def test_a_refused_password_says_so_in_one_sentence_at_the_field_of_the_new_one(clerk, signed_in):
    for again in ("", "Minzheng-2019"):
        errors = dict(change(signed_in(clerk), PASSWORD, "Minzheng-2018", again).context["form"].errors)
        assert errors.pop("new_password1") == ["密码里有“minzheng”，是大家都想得到的词，容易被人猜到，请换一个。"]
        assert list(errors) == (["new_password2"] if again else [])
    both = change(signed_in(clerk), PASSWORD, PASSWORD).context["form"].errors
    assert len(both["new_password1"]) == 1, "guessed and used before"


@pytest.mark.django_db
def test_a_password_that_is_too_old_is_changed_after_the_next_sign_in(clerk, signed_in, settings):
    User.objects.filter(pk=clerk.pk).update(password_set_at=timezone.now() - timedelta(days=90))
    browser = signed_in(clerk)
    assert browser.get("/").status_code == 200, "no age is set"
    settings.PASSWORD_MAX_DAYS = 91
    assert browser.get("/").status_code == 200
    settings.PASSWORD_MAX_DAYS = 90
    assert browser.get("/communities/")["Location"] == reverse("accounts:password")
    page = browser.get(reverse("accounts:password")).content.decode()
    assert "您的密码已经用了90天以上" in page and "主菜单" not in page
    assert change(browser, PASSWORD).status_code == 302
    assert browser.get("/").status_code == 200


@pytest.mark.django_db
def test_a_password_that_grows_too_old_meanwhile_interrupts_nobody(clerk, signed_in, settings):
    settings.PASSWORD_MAX_DAYS = 90
    browser = signed_in(clerk)
    long_ago = timezone.now() - timedelta(days=89)
    User.objects.filter(pk=clerk.pk).update(password_set_at=long_ago - timedelta(days=2), last_login=long_ago)
    assert browser.get("/").status_code == 200
    assert signed_in(clerk).get("/")["Location"] == reverse("accounts:password"), "at the next sign-in"


@pytest.mark.django_db
def test_an_account_whose_password_has_no_time_is_as_old_as_the_account(clerk, signed_in, settings):
    settings.PASSWORD_MAX_DAYS = 90
    User.objects.filter(pk=clerk.pk).update(date_joined=timezone.now() - timedelta(days=91))
    assert signed_in(clerk).get("/")["Location"] == reverse("accounts:password")


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


def test_whose_session_has_ended_is_told_so_and_led_back(clerk, signed_in):
    browser = signed_in(clerk)
    browser.session.flush()  # as after half an hour: the browser still has the cookie
    answer = browser.get("/organizations/?q=1")
    assert answer.status_code == 302
    page = browser.get(answer["Location"])
    assert "登录已结束" in page.content.decode()
    assert page.context["next"] == "/organizations/?q=1"
    assert "登录已结束" not in Client().get(Client().get("/organizations/")["Location"]).content.decode()
