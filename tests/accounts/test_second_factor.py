"""Tests of the second factor: its codes, setting it up, recovery codes, roles that must have one."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.actions import set_up_second_factor, use_code
from accounts.models import RecoveryCode, Role, SecondFactor, User
from accounts.second_factor import address_for_app, new_secret, step_of
from changelog.models import ChangeRecord
from changzhi_portal.refusals import StaleError
from notices.models import Notice
from tests.accounts.codes import ACCOUNT, CODE, SET_UP, code_of, entered, half, standing_clock
from tests.accounts.test_views import sign_in
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


# --- Codes ---


def test_codes_are_those_of_the_standard(monkeypatch):
    clock = standing_clock(monkeypatch)
    clock.now = 1111111109  # RFC 6238, appendix B, the last six digits
    assert step_of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "081804") == 1111111109 // 30
    assert step_of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "081805") is None


@pytest.mark.parametrize(("late", "is_taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_is_taken_one_step_early_or_late(late, is_taken, clock):
    secret = new_secret()
    code = code_of(secret, clock)
    clock.now += late
    assert (step_of(secret, code) is not None) == is_taken


def test_a_code_is_taken_once_and_no_earlier_one_after_it(app):
    before = app.code()
    code = app.next_code()
    assert not use_code(app.user, before), "that of the set-up"
    assert use_code(app.user, code)
    assert not use_code(app.user, code)
    app.clock.now += 30
    assert not use_code(app.user, code), "still within the tolerance"


def test_of_two_requests_with_one_code_only_the_first_to_write_gets_through(app, monkeypatch):
    code, inside = app.next_code(), []

    def meanwhile(*args, **kwargs) -> int | None:
        monkeypatch.setattr("accounts.actions.second_factor.step_of", step_of)
        inside.append(use_code(app.user, code))
        return step_of(*args, **kwargs)

    monkeypatch.setattr("accounts.actions.second_factor.step_of", meanwhile)
    assert not use_code(app.user, code) and inside == [True]


def test_a_code_is_typed_in_groups_or_with_a_chinese_keyboard(app):
    code = app.next_code()
    wide = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in f"{code[:3]} {code[3:]}" if digit != " ")
    assert use_code(app.user, f" {wide[:3]} {wide[3:]} ")


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "٠١٢٣٤٥", "1" * 40, "-1", "0x1234"])
def test_what_is_no_code_is_refused(typed, app):
    assert not use_code(app.user, typed)


def test_the_secret_and_the_recovery_codes_are_stored_unreadable(app):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_secondfactor")
        stored = str(cursor.fetchall())
        cursor.execute("SELECT * FROM accounts_recoverycode")
        stored += str(cursor.fetchall())
    assert app.secret not in stored
    assert not [code for code in app.recovery_codes if code in stored]
    factor = SecondFactor.objects.get()
    assert factor.secret.reveal() == app.secret
    assert app.secret not in f"{factor.secret}{factor.secret!r}"


# --- Setting it up ---


def shown_secret(browser: Client) -> str:
    [secret] = re.findall(r'<code class="secret" translate="no">([A-Z2-7 ]+)</code>', browser.get(SET_UP).text)
    return secret.replace(" ", "")


def test_it_is_set_up_with_password_and_code_and_the_recovery_codes_are_shown_once(clock, clerk, signed_in):
    browser, elsewhere = signed_in(clerk), signed_in(clerk)
    secret = shown_secret(browser)
    page = browser.get(SET_UP).text
    assert secret in page.replace(" ", ""), "the same when the page is opened again"
    assert "<svg" in page and "style=" not in page and "<script>" not in page
    for sent in (
        {"password": "Wrong-2018-x", "code": code_of(secret, clock)},
        {"password": PASSWORD, "code": "000000"},
    ):
        assert browser.post(SET_UP, sent).status_code == 422
        assert not SecondFactor.objects.exists()
    done = browser.post(SET_UP, {"password": PASSWORD, "code": code_of(secret, clock)})
    codes = re.findall(r"<code>(\d{4} \d{4} \d{4})</code>", done.text)
    assert len(set(codes)) == 10
    assert "no-store" in done["Cache-Control"]
    assert not [code for code in codes if code in browser.get(ACCOUNT).text]
    assert "恢复码还有<b>10</b>个没有用" in browser.get(ACCOUNT).text
    assert secret not in str(dict(browser.session.items()))
    assert elsewhere.get("/").status_code == 302, "a session begun without a code ends"
    assert browser.get(SET_UP)["Location"] == ACCOUNT
    change = ChangeRecord.objects.of_object(clerk).select_related("change_set").first()
    assert list(change.after) == ["second_factor_set_at"] and "启用两步验证" in change.change_set.summary
    assert Notice.objects.filter(user=clerk, title="您的账号启用了两步验证").exists()


def test_the_secret_in_the_session_is_encrypted(clerk, signed_in):
    browser = signed_in(clerk)
    secret = shown_secret(browser)
    assert secret not in str(dict(browser.session.items()))


def test_the_picture_says_whose_secret_it_is():
    address = urlsplit(address_for_app("ABC", "wang"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == "/长治社区治理平台:wang"
    assert parse_qs(address.query) == {
        "secret": ["ABC"],
        "issuer": ["长治社区治理平台"],
        "digits": ["6"],
        "period": ["30"],
    }


def test_two_windows_set_up_one(clock, clerk):
    secrets = [new_secret(), new_secret()]
    set_up_second_factor(by=clerk, secret=secrets[0], code=code_of(secrets[0], clock))
    with pytest.raises(StaleError):
        set_up_second_factor(by=clerk, secret=secrets[1], code=code_of(secrets[1], clock))


# --- Recovery codes, removing it oneself ---


def test_a_recovery_code_signs_in_once(app):
    code = app.recovery_codes[0]
    assert half(app).post(CODE, {"code": f"{code[:4]} {code[4:8]}-{code[8:]}"}).status_code == 302
    assert half(app).post(CODE, {"code": code}).status_code == 422
    assert RecoveryCode.objects.filter(used_at=None).count() == 9


def test_recovery_codes_of_another_user_do_not_help(app, other_clerk):
    other = app.clock.app_of(other_clerk)
    assert half(app).post(CODE, {"code": other.recovery_codes[0]}).status_code == 422


def test_new_recovery_codes_replace_the_old_ones(app):
    browser = entered(app)
    answer = browser.post(reverse("accounts:recovery_codes"), {"password": PASSWORD, "code": app.next_code()})
    new = [code.replace(" ", "") for code in re.findall(r"<code>(\d{4} \d{4} \d{4})</code>", answer.text)]
    assert len(new) == 10
    assert not use_code(app.user, app.recovery_codes[1])
    assert use_code(app.user, new[1])


@pytest.mark.parametrize("name", ["recovery_codes", "second_factor_remove"])
def test_a_change_takes_password_and_code_and_a_wrong_password_uses_no_code(name, app):
    browser = entered(app)
    address = reverse(f"accounts:{name}")
    code = app.next_code()
    assert browser.post(address, {"password": "Wrong-2018-x", "code": code}).status_code == 422
    assert browser.post(address, {"password": PASSWORD, "code": "000000"}).status_code == 422
    assert use_code(app.user, app.recovery_codes[3]), "the old ones are still good"
    assert browser.post(address, {"password": PASSWORD, "code": code}).status_code in {200, 302}


def test_somebody_removes_the_own_second_factor_and_signs_in_with_the_password_alone(app):
    browser = entered(app)
    address = reverse("accounts:second_factor_remove")
    assert browser.post(address, {"password": PASSWORD, "code": app.next_code()})["Location"] == ACCOUNT
    assert browser.get("/").status_code == 200, "this session goes on"
    assert sign_in(Client(), app.user.username)["Location"] == "/"
    assert not SecondFactor.objects.exists() and not RecoveryCode.objects.exists()
    assert Notice.objects.filter(user=app.user, title="您的账号停用了两步验证").exists()


# --- Roles that must have one ---


def test_a_role_that_must_have_one_is_led_to_set_it_up_and_opens_pages_then(clock, clerk, settings, place, signed_in):
    settings.TOTP_REQUIRED_ROLES = ["district_clerk"]
    browser = Client()
    assert sign_in(browser, clerk.username)["Location"] == "/"
    page = browser.get(SET_UP).text
    assert "必须使用两步验证" in page and "主菜单" not in page and "取消" not in page
    secret = shown_secret(browser)
    assert browser.post(SET_UP, {"password": PASSWORD, "code": code_of(secret, clock)}).status_code == 200
    assert browser.get("/").status_code == 200
    remove = reverse("accounts:second_factor_remove")
    assert browser.get(remove)["Location"] == ACCOUNT
    clock.now += 30
    refused = browser.post(remove, {"password": PASSWORD, "code": code_of(secret, clock)})
    assert refused.status_code == 403 and "必须使用两步验证" in refused.text
    assert signed_in(make_user(Role.STREET_CLERK, place.street)).get("/").status_code == 200, "another role"


def test_the_first_password_is_changed_before_the_second_factor_is_set_up(place, settings, signed_in):
    settings.TOTP_REQUIRED_ROLES = ["district_clerk"]
    new = make_user(Role.DISTRICT_CLERK, place.county, must_change_password=True)
    browser = signed_in(new)
    assert browser.get("/")["Location"] == reverse("accounts:password")
    assert browser.get(SET_UP)["Location"] == reverse("accounts:password")


def test_a_role_that_does_not_exist_stops_the_start(settings):
    settings.TOTP_REQUIRED_ROLES = ["district_clerk", "clerks"]
    [error] = [each for each in User.check() if each.id == "accounts.E001"]
    assert "clerks" in error.msg
    settings.TOTP_REQUIRED_ROLES = ["district_clerk"]
    assert "accounts.E001" not in {each.id for each in User.check()}
