"""Tests of what is typed when a session ends: where one signs in again, what the browser is told, and what keeps a session."""

from __future__ import annotations

import time
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import reverse

from changzhi_portal.kept_input import COOKIE
from changzhi_portal.sessions import BEGAN, SessionStore
from tests.factories import PASSWORD, make_batch, make_facility, make_worker

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture
def facility(place):
    """Return a facility of 城区."""
    return make_facility(place.communities[0])


def edit_page(facility):
    """Return the address of the form of a facility."""
    return reverse("changelog:edit", args=["facilities", facility.ref])


def test_a_form_sent_after_the_session_has_ended_leads_over_the_sign_in_page_back_to_the_form(facility):
    answer = Client().post(edit_page(facility), {"note": "演示"})
    assert answer["Location"] == f"{reverse('accounts:login')}?next={edit_page(facility)}&unsaved=1"
    assert "没有保存" in Client().get(answer["Location"]).content.decode()
    assert "没有保存" not in Client().get(reverse("accounts:login")).content.decode()


def test_a_button_on_a_page_leads_back_to_the_page_and_not_to_the_buttons_address(clerk, place):
    batch = make_batch(clerk, state="checked")
    page = reverse("uploads:batch", args=[batch.ref])
    sent = {"headers": {"Referer": f"http://testserver{page}?tab=errors"}}
    assert (
        f"next={page}%3Ftab%3Derrors" in Client().post(reverse("uploads:commit", args=[batch.ref]), **sent)["Location"]
    )
    evil = {"headers": {"Referer": "http://evil.example/x"}}
    assert "evil" not in Client().post(reverse("uploads:commit", args=[batch.ref]), **evil)["Location"]


def test_the_browser_is_told_only_of_forms_that_were_carried_out(facility, clerk, signed_in):
    browser, page = signed_in(clerk), edit_page(facility)
    fields = {
        field.html_name: field.value() if field.value() is not None else ""
        for field in browser.get(page).context["form"]
    }
    refused = browser.post(page, fields | {"area": "很大"}, headers={"Referer": f"http://testserver{page}"})
    assert (refused.status_code, COOKIE in refused.cookies) == (422, False)
    done = browser.post(page, fields, headers={"Referer": f"http://testserver{page}"})
    assert (done.status_code, done.cookies[COOKIE].value) == (302, page.replace("/", "%2F"))
    assert COOKIE not in Client().post(page, fields).cookies


def test_a_button_that_was_refused_is_no_form_that_was_carried_out(clerk, signed_in):
    batch = make_batch(clerk, state="rejected")
    answer = signed_in(clerk).post(reverse("uploads:commit", args=[batch.ref]), {"mode": "all"})
    assert (answer.status_code, COOKIE in answer.cookies) == (302, False)


def test_a_sign_in_in_another_window_is_explained_and_leads_back_to_the_form(facility, clerk):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(clerk)
    page = edit_page(facility)
    answer = browser.post(page, {"note": "演示"}, headers={"Referer": f"http://testserver{page}"})
    text = answer.content.decode()
    assert answer.status_code == 403
    assert f'href="{page}">回到原来的页面' in text
    part = browser.post(page, headers={"HX-Request": "true"})
    assert (part.status_code, part["Content-Type"]) == (403, "text/plain; charset=utf-8")


def test_a_page_that_asks_by_itself_does_not_keep_the_session(clerk, signed_in, settings):
    settings.SESSION_COOKIE_AGE = 3
    browser, batch = signed_in(clerk), make_batch(clerk)
    browser.get("/")
    polled = (reverse("uploads:progress", args=[batch.ref]), reverse("notices:count"))
    ends = time.monotonic() + 3.2
    while time.monotonic() < ends:
        for address in polled:
            browser.get(address, headers={"HX-Request": "true"})
        time.sleep(0.4)
    assert browser.get("/").status_code == 302, "the session has ended although the pages were asked for"


def began_hours_ago(browser: Client, hours: float) -> None:
    session = browser.session
    session[BEGAN] = int(time.time() - hours * 3600)
    session.save()


def test_a_session_ends_twelve_hours_after_the_sign_in_however_busy_it_is(clerk, signed_in):
    browser = signed_in(clerk)
    browser.get("/")
    began = browser.session[BEGAN]
    assert abs(began - time.time()) < 10
    began_hours_ago(browser, 11.9)
    began = browser.session[BEGAN]
    assert browser.get("/").status_code == 200
    assert browser.session[BEGAN] == began, "no request prolongs it"
    began_hours_ago(browser, 12)
    key = browser.session.session_key
    assert browser.get("/communities/")["Location"].startswith(reverse("accounts:login"))
    assert not SessionStore(key).exists(key)


def test_a_page_that_asks_by_itself_does_not_prolong_a_session_beyond_its_hours(clerk, signed_in):
    browser = signed_in(clerk)
    began_hours_ago(browser, 12)
    answer = browser.get(reverse("notices:count"), headers={"HX-Request": "true"})
    assert answer.status_code == 302
    assert browser.get("/").status_code == 302


def test_a_form_sent_after_the_hours_is_not_saved_and_a_new_password_begins_no_new_ones(clerk, signed_in):
    browser = signed_in(clerk)
    began_hours_ago(browser, 11)
    began = browser.session[BEGAN]
    new = {"old_password": PASSWORD, "new_password1": "Nuan-feng-47-wan", "new_password2": "Nuan-feng-47-wan"}
    browser.post(reverse("accounts:password"), new)
    assert browser.session[BEGAN] == began
    began_hours_ago(browser, 13)
    assert "unsaved=1" in browser.post(reverse("accounts:own_contact"), {})["Location"]


def test_the_hours_are_a_setting(clerk, signed_in, settings):
    browser = signed_in(clerk)
    began_hours_ago(browser, 13)
    settings.SESSION_MAX_HOURS = 0
    assert browser.get("/").status_code == 200
    settings.SESSION_MAX_HOURS = 14
    assert browser.get("/").status_code == 200
    settings.SESSION_MAX_HOURS = 13
    assert browser.get("/").status_code == 302


def test_the_cookie_ends_with_the_browser(clerk, signed_in):
    cookie = signed_in(clerk).get("/").cookies["sessionid"]
    assert (cookie["max-age"], cookie["expires"]) == ("", "")


def test_a_page_that_a_person_opens_keeps_the_session(clerk, signed_in):
    browser, batch = signed_in(clerk), make_batch(clerk)
    assert "sessionid" in browser.get("/").cookies
    assert "sessionid" in browser.get(reverse("uploads:together", args=[batch.ref])).cookies
    polled = browser.get(reverse("uploads:together", args=[batch.ref]), headers={"HX-Request": "true"})
    assert "sessionid" not in polled.cookies


def test_personal_numbers_are_marked_so_that_the_browser_keeps_them_nowhere(place, clerk, signed_in):
    page = signed_in(clerk).get(reverse("changelog:add", args=["workers"])).content.decode()
    for name in ("id_number", "phone"):
        field = page[page.index(f'name="{name}"') - 10 :].split(">", 1)[0]
        assert 'data-personal="yes"' in field
    assert page.count("data-personal") == 2


def test_what_was_shown_or_exported_for_a_reason_leaves_no_reason_for_the_next(place, administrator, signed_in):
    administrator.may_unmask = True
    administrator.save()
    worker = make_worker(place.communities[0])
    browser = signed_in(administrator)
    reason = {"reason": "本人持身份证来查询"}
    for address, form in (
        (reverse("privacy:subject"), {"id_number": "11010519491231002X", **reason}),
        (reverse("uploads:export_in_clear", args=["workers"]), reason),
        (reverse("changelog:unmask", args=["workers", worker.ref]), reason),
    ):
        assert browser.post(address, form).status_code == 200, address
        assert unquote(browser.cookies[COOKIE].value) == address
