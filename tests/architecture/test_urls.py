"""Every URL of the portal (`tests/addresses.py`), as a visitor, as each role and as a user of another area."""

from __future__ import annotations

import io
import re
import zipfile
from functools import cache
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import OF_MATTERS, ROLES_OF_PEOPLE, Role, User
from changzhi_portal.pages.manual import manual_for
from targets.actions import compute_period
from tests.accounts.codes import standing_clock
from tests.addresses import (
    NAMES,
    POST_ONLY,
    RECORDS,
    TAKE_PERIOD,
    TAKE_RECORD,
    TAKE_REGISTER,
    VISIBLE_TO_ALL,
    address_of,
)
from tests.factories import (
    PASSWORD,
    Place,
    home_of,
    make_batch,
    make_facility,
    make_organization,
    make_period,
    make_project,
    make_user,
    make_worker,
)
from tests.queries import queries_of, writes_of
from tests.words import latin_words

pytestmark = pytest.mark.one_database

# URLs that visitors may open.
OPEN = {
    *("accounts:login", "communities:contacts", "healthz", "readyz", "signed_in"),
    *("reports:verify", "reports:verify_code"),
}
# What says with status 401 that nobody is signed in.
ASKS_WHO = {"signed_in"}
# What says with status 503 that no worker runs.
NOT_READY = {"readyz"}
# Pages about a county's records that its clerks may not open: the bureau's, the auditor's, and that of a right of its own.
NOT_FOR_CLERKS = {
    "uploads:locked",
    "audit:trail_record",
    "audit:about",
    "changelog:unmask",
    "workload:change",
    *(f"orgs:filing_{name}" for name in ("change", "move", "of")),
    "notices:announcement_edit",
    "notices:announcement_delete",
    *(f"connections:{name}" for name in ("client", "client_edit", "client_revoke", "token_new", "token_revoke")),
    *(
        f"connections:webhook{name}"
        for name in ("", "_new", "_edit", "_pause", "_resume", "_remove", "_secret", "_test")
    ),
    "connections:delivery_again",
    *(f"reports:{name}" for name in ("edit_briefing_settings", "edit_briefing_recipients", "send_briefing_again")),
    *(f"reports:{name}" for name in ("edit_briefing", "correct_briefing", "move_briefing")),
}
# What a system administrator opens: the own account, notices, the help, users and health; nothing of the bureau's business.
FOR_THE_SYSTEM = {
    *(f"accounts:{name}" for name in ("account", "own_contact", "password", "login", "login_code", "logout")),
    *(f"accounts:{name}" for name in ("second_factor", "second_factor_remove", "recovery_codes")),
    *(f"accounts:{name}" for name in ("own_session_end", "own_sessions_end_others", "user_session_end")),
    "accounts:user_second_factor",
    *(f"accounts:department{name}" for name in ("s", "_new", "_detail", "_edit", "_close", "_reopen")),
    *(f"accounts:user_{name}" for name in ("detail", "edit", "new", "settings")),
    *(f"accounts:user_{name}" for name in ("password", "sessions", "unlock", "deactivate", "reactivate")),
    *("accounts:users", "home", "healthz", "manual", "manual_picture", "notices:list", "notices:count", "notices:seen"),
    "exports:new",
    *("health", "readyz", "communities:contacts", "notices:put_away", "signed_in", "api_reference"),
    *("reports:verify", "reports:verify_code"),
}
# What windows and departments open beside their own queues: the own account, notices, the help and what is open to everybody.
FOR_MATTERS = {
    name for name in FOR_THE_SYSTEM if not name.startswith(("accounts:user", "accounts:department", "health"))
} | {"healthz"}
# The names by which programs call things stand there.
NAMES_THINGS_FOR_PROGRAMS = {"api_reference"}
# What is the same for everybody and may be kept by browsers.
SAME_FOR_ALL = {"manual_picture"}


@pytest.fixture
def people(place: Place) -> dict[str, User]:
    """Return one user of each role in 城区 or above, and one of another county."""
    return {
        **{role.value: make_user(role, home_of(role, place)) for role in ROLES_OF_PEOPLE},
        "county leader": make_user(Role.LEADER, place.county),
    }


def test_addresses_are_found():
    assert {"home", "uploads:batch", "submissions:submission", "reports:dashboard", "orgs:detail"} <= set(NAMES)
    assert "uploads:export" in TAKE_REGISTER
    assert "revisions:changes" in TAKE_PERIOD
    assert "uploads:original" in TAKE_RECORD


def test_every_address_has_a_name():
    assert all(not name.endswith("None") for name in NAMES)
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("name", TAKE_RECORD)
def test_every_address_with_a_record_is_walked(name):
    assert name in RECORDS, f"Say in RECORDS of tests/addresses.py how to make a record for {name}."
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_a_visitor_gets_nowhere_but_to_the_sign_in_page(name, place, clerk):
    address = address_of(name, place, clerk)
    for answer in (Client().get(address), Client().post(address)):
        if name in OPEN:
            expected = {405, 503} if name in NOT_READY else {401, 405} if name in ASKS_WHO else {200, 405, 422}
            assert answer.status_code in expected
        else:
            assert answer.status_code == 302
            assert answer["Location"].startswith(reverse("accounts:login"))


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_no_role_meets_a_server_error_and_looking_changes_nothing(name, place, clerk, people):
    address = address_of(name, place, clerk)
    for user in people.values():
        browser = Client()
        browser.force_login(user)
        answers = []
        queries = queries_of(lambda browser=browser, answers=answers: answers.append(browser.get(address)))
        status = answers[0].status_code
        expected = {403, 405} if name in POST_ONLY else {503} if name in NOT_READY else {200, 302, 403, 404}
        assert status in expected, f"{user.role}: {status}"
        # Only the trail is written: who has seen a person's record, and what was refused.
        written = [sql for sql in writes_of(queries) if "changelog_trailrecord" not in sql]
        assert written == [], f"{user.role}: a GET wrote to the database"
        assert browser.post(address).status_code < 500
        if answers[0].headers.get("Content-Type", "").startswith("text/html"):
            shown = answers[0].context or {}
            secret = shown["secret"].in_groups.split() if name == "accounts:second_factor" and "secret" in shown else []
            words = [word for word in latin_words(answers[0], user.username) if word not in secret]
            assert words == [] or name in NAMES_THINGS_FOR_PROGRAMS, f"{user.role}: words that are not Chinese"
            if status == 200:
                _has_a_place_in_the_manual(name, answers[0].content.decode())


@cache
def places_of_the_manual() -> set[str]:
    """Return the anchors that every role's manual has."""
    texts = (chapter.text for part in manual_for(User(role=Role.LEADER)) for chapter in part.chapters)
    return set(re.findall(r'<h[23] id="([^"]*)"', "".join(texts)))


def _has_a_place_in_the_manual(name: str, page: str) -> None:
    """Fail unless a whole page has a ? that leads to a heading of the manual."""
    if "<html" not in page or name in {*OPEN, "manual"}:
        return
    [anchor] = re.findall(r'class="page-help" href="/manual/#([^"]*)" aria-label="这一页怎么用"', page)
    assert unquote(anchor) in places_of_the_manual(), "Set `help_at` of the page or of its entry in the menu."


@pytest.mark.django_db
@pytest.mark.parametrize("name", TAKE_RECORD)
def test_a_record_of_another_county_does_not_exist_for_anybody_there(name, place, clerk, other_clerk, signed_in):
    address = address_of(name, place, clerk)
    if name in NOT_FOR_CLERKS:
        assert signed_in(clerk).get(address).status_code == signed_in(other_clerk).get(address).status_code == 403
        return
    answer = signed_in(other_clerk).get(address)
    assert answer.status_code == (405 if name in POST_ONLY else 404)
    # Whoever else is of that county: each role that a county may have, by each method; the role may be refused first.
    town = place.rural_town
    strangers = [
        other_clerk,
        make_user(Role.LEADER, place.other_county, may_unmask=False),
        make_user(Role.AUDITOR, place.other_county, may_unmask=True),
        make_user(Role.STREET_CLERK, town),
        make_user(Role.WINDOW_CLERK, town),
        make_user(Role.DEPARTMENT_CLERK, place.other_county),
    ]
    for stranger in strangers:
        browser = signed_in(stranger)
        for method in ("get", "head", "post", "put", "patch", "delete", "options"):
            status = getattr(browser, method)(address).status_code
            assert status in {403, 404, 405} or (method == "options" and status == 200), (
                f"{stranger.role} {method}: {status}"
            )
    own = signed_in(clerk).get(address)
    assert own.status_code in {200, 302, 405}


@pytest.mark.django_db
def test_nobody_of_another_county_is_shown_anything_of_this_one_whatever_is_asked_for(place, clerk, signed_in):
    make_facility(place.communities[0], "演示秘设施", area=30_000)
    make_organization(place.communities[0], "演示秘组织")
    make_worker(place.communities[0], "演示秘人")
    make_project(place.county, place.communities[0], name="演示秘项目")
    make_batch(clerk, file_name="演示秘文件.xlsx")
    compute_period(make_period())
    asked = {"division": place.county.code, "county": place.county.code, "town": place.street.code, "q": "演示"}
    own, other = signed_in(clerk), signed_in(make_user(Role.DISTRICT_CLERK, place.other_county))
    shown = 0
    for name in set(NAMES) - {*TAKE_RECORD, *POST_ONLY, *VISIBLE_TO_ALL, "manual"}:
        address = f"{address_of(name, place, clerk)}?{urlencode(asked)}&filled=1"
        shown += "演示秘" in words_of(own.get(address))
        assert "演示秘" not in words_of(other.get(address)), name
    assert shown >= 6, "what is looked for can be found at all"


def words_of(answer: Any) -> str:
    """Return the text of a page, or of all parts of a workbook."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if not content.startswith(b"PK"):
        return content.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "".join(archive.read(part).decode(errors="replace") for part in archive.namelist())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    ["orgs:list", "socialworkers:list", "services:list", "communities:facility_list", "uploads:list", "uploads:new"],
)
def test_a_leader_is_told_in_chinese_that_the_role_may_not(name, leader, signed_in):
    answer = signed_in(leader).get(reverse(name))
    assert answer.status_code == 403
    text = answer.content.decode()
    assert "“领导”角色不能打开" in text
    assert "请联系市局管理员" in text


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_a_system_administrator_opens_accounts_and_nothing_of_business(name, place, clerk, signed_in):
    browser = signed_in(make_user(Role.SYSTEM_ADMIN, place.city))
    address = address_of(name, place, clerk)
    status = browser.get(address).status_code
    if name in FOR_THE_SYSTEM:
        assert status in {200, 302, 405, 503 if name in NOT_READY else 200}
    else:
        assert status in {403, 404, 405}
        assert browser.post(address).status_code in {403, 404, 405}


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_windows_and_departments_open_no_register_no_figure_and_no_account_of_others(name, place, clerk, signed_in):
    address = address_of(name, place, clerk)
    for role in sorted(OF_MATTERS):
        browser = signed_in(make_user(role, home_of(role, place)))
        status = browser.get(address).status_code
        if name in FOR_MATTERS:
            assert status in {200, 302, 404, 405, 503 if name in NOT_READY else 200}, role
        elif role is Role.WINDOW_CLERK or not (name == "search" or name.startswith("workload:")):
            assert status in {403, 404, 405}, role
            assert browser.post(address).status_code in {403, 404, 405}, role


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_somebody_with_a_first_password_can_only_change_it(name, place, clerk, signed_in):
    new = make_user(Role.DISTRICT_CLERK, place.county, must_change_password=True)
    answer = signed_in(new).get(address_of(name, place, clerk))
    if name in OPEN or name in {"accounts:password", "accounts:logout"}:
        assert answer.status_code in {200, 302, 405, 503 if name in NOT_READY else 200}
    else:
        assert answer["Location"] == reverse("accounts:password")


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_somebody_who_must_have_a_second_factor_can_only_set_it_up(name, place, clerk, signed_in, settings):
    settings.TOTP_REQUIRED_ROLES = ["district_clerk"]
    browser, address = signed_in(clerk), address_of(name, place, clerk)
    for answer in (browser.get(address), browser.post(address)):
        if name in OPEN or name in {"accounts:second_factor", "accounts:logout"}:
            assert answer.status_code in {200, 302, 405, 422, 503 if name in NOT_READY else 200}
        else:
            assert answer["Location"] == reverse("accounts:second_factor")


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_a_right_password_without_the_code_opens_no_page(name, place, clerk, monkeypatch):
    standing_clock(monkeypatch).app_of(clerk)
    address = address_of(name, place, clerk)
    for method in ("get", "post"):
        browser = Client()
        sent = browser.post(reverse("accounts:login"), {"username": clerk.username, "password": PASSWORD})
        assert sent["Location"] == reverse("accounts:login_code")
        answer = getattr(browser, method)(address)
        if name in OPEN or name == "accounts:login_code":
            refused = 503 if name in NOT_READY else 401 if name in ASKS_WHO else 200
            assert answer.status_code in {200, 405, 422, refused}
        else:
            assert answer.status_code == 302 and answer["Location"].startswith(reverse("accounts:login"))


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_no_page_is_kept_in_a_cache_or_needs_an_inline_script(name, place, clerk, signed_in):
    answer = signed_in(clerk).get(address_of(name, place, clerk))
    assert "no-store" in answer["Cache-Control"] or name in SAME_FOR_ALL
    assert answer["Cross-Origin-Opener-Policy"] == answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert {"camera=()", "geolocation=()", "microphone=()"} <= set(answer["Permissions-Policy"].split(", "))
    if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        text = answer.content.decode()
        assert " style=" not in text
        assert "<style" not in text
        assert "javascript:" not in text
        assert " onclick=" not in text


@pytest.mark.django_db
def test_an_unknown_address_says_so_in_chinese(clerk, signed_in):
    for browser in (signed_in(clerk), Client()):
        answer = browser.get("/no/such/page/")
        assert answer.status_code == 404
        assert "没有找到" in answer.content.decode()
