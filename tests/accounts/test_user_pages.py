"""Tests of the pages that list, show, create and change users."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ROLES_OF_PEOPLE, AccountSettings, Role, User
from changelog.models import ChangeSet
from changzhi_portal.personal import Sealed
from tests.accounts.guesses import lock_out
from tests.accounts.test_views import LOGIN, NEW, sign_in
from tests.factories import PASSWORD, home_of, make_user, phone
from tests.pages import markup_of
from tests.queries import exactly

pytestmark = pytest.mark.django_db
LIST = reverse("accounts:users")


def address(name: str, user: User) -> str:
    return reverse(f"accounts:{name}", args=[user.ref])


def new_user(**fields) -> dict[str, str]:
    return {"username": "wang", "full_name": "王演示", "role": "district_clerk", "division": "140402", **fields}


def shown_password(answer) -> str:
    [password] = re.findall(r'<code translate="no">(\w+)</code>', answer.content.decode())
    return password


def allow_counties() -> None:
    AccountSettings.objects.create(pk=AccountSettings.ONLY, counties_manage_clerks=True, version=1)


# --- The list ---


def test_the_list_shows_state_and_last_sign_in_and_finds_by_name_place_role_and_state(
    place, administrator, clerk, other_clerk, signed_in
):
    lock_out(other_clerk)
    gone = make_user(Role.LEADER, place.city, full_name="赵演示", is_active=False)
    User.objects.filter(pk=clerk.pk).update(last_login=timezone.now(), full_name="钱演示")
    browser = signed_in(administrator)
    page = markup_of(browser.get(LIST))
    assert all(
        word in page for word in ("已锁定", "已停用", "还没有登录过", f"{timezone.localtime():%Y-%m-%d}", "襄垣县")
    )

    def found(query: str) -> set[User]:
        return {row.record for row in browser.get(f"{LIST}?{query}").context["table"].paginated_rows}

    assert found("q=钱演") == {clerk}
    assert found(f"q={clerk.username}") == {clerk}
    assert found("county=140423") == {other_clerk}
    assert found("role=district_clerk") == {clerk, other_clerk}
    assert found("state=locked") == {other_clerk}
    assert found("state=inactive") == {gone}
    assert gone not in found("state=active")
    assert found("unmask=yes") == set()


@pytest.mark.parametrize("more", [0, 20])
def test_the_list_and_a_user_take_a_fixed_number_of_queries(more, place, administrator, clerk, signed_in):
    for _ in range(more):
        make_user(Role.STREET_CLERK, place.street)
    browser = signed_in(administrator)
    browser.get(LIST)
    with exactly(6):  # the signed-in user, views, number, rows, counties and departments to choose from
        assert browser.get(LIST).status_code == 200
    with exactly(7):  # the signed-in user, this one, its changes, sessions, last sign-ins in two; the look is recorded
        assert browser.get(clerk.get_absolute_url()).status_code == 200


def test_a_county_sees_the_entry_only_while_the_bureau_allows_it_and_pages_ask_no_more(place, clerk, signed_in):
    browser = signed_in(clerk)
    account = reverse("accounts:account")
    management = reverse("menu_group", args=["management"])
    assert management not in browser.get(account).content.decode(), "only 部门, which the menu leads to at once"
    assert browser.get(LIST).status_code == 403
    with exactly(4):  # the signed-in user, the own sessions, the last sign-ins in two
        browser.get(account)
    allow_counties()
    with exactly(4):
        assert management in browser.get(account).content.decode()
    assert LIST in browser.get(management).content.decode()
    assert browser.get(LIST).status_code == 200


def test_a_county_lists_its_own_street_clerks_and_finds_no_other_user(place, clerk, street_clerk, signed_in):
    allow_counties()
    colleague, stranger = make_user(Role.DISTRICT_CLERK, place.county), make_user(Role.STREET_CLERK, place.rural_town)
    browser = signed_in(clerk)
    assert [row.record for row in browser.get(LIST).context["table"].paginated_rows] == [street_clerk]
    for user in (colleague, stranger, clerk):
        for name in ("user_detail", "user_edit", "user_password", "user_deactivate", "user_sessions"):
            assert browser.get(address(name, user)).status_code == 404
            assert browser.post(address(name, user), {"version": 1}).status_code in {404, 405}
    form = browser.get(reverse("accounts:user_new")).context["form"]
    assert [value for value, _ in form.fields["role"].choices] == ["", "street_clerk"]
    assert set(form.divisions) == {"140402001", "140402002"}
    assert "may_unmask" not in form.fields
    refused = browser.post(reverse("accounts:user_new"), new_user(role="street_clerk", division="140423100"))
    assert (refused.status_code, "请在列出的单位里选择" in refused.content.decode()) == (422, True)
    assert browser.get(reverse("accounts:user_settings")).status_code == 404


def test_an_auditor_looks_and_changes_nothing(auditor, clerk, signed_in):
    browser = signed_in(auditor)
    page = browser.get(LIST).content.decode()
    assert clerk.get_absolute_url() in page and reverse("accounts:user_new") not in page
    assert browser.get(clerk.get_absolute_url()).context["actions"] == []
    for name in ("user_edit", "user_password", "user_deactivate"):
        assert browser.post(address(name, clerk), {"version": 1}).status_code == 403


@pytest.mark.parametrize("role", [Role.BUREAU_OFFICER, Role.LEADER, Role.STREET_CLERK])
def test_other_roles_open_nothing_of_it(role, place, clerk, signed_in):
    browser = signed_in(make_user(role, place.street if role is Role.STREET_CLERK else place.city))
    pages = [LIST, reverse("accounts:user_new"), reverse("accounts:user_settings")]
    names = ("user_detail", "user_edit", "user_password", "user_unlock", "user_reactivate")
    for page in [*pages, *(address(name, clerk) for name in names)]:
        assert browser.get(page).status_code == 403


# --- A new user, a new password ---


def test_a_first_password_is_shown_once_and_is_nowhere_else(administrator, signed_in, caplog, settings):
    browser = signed_in(administrator)
    with caplog.at_level("DEBUG"):
        answer = browser.post(reverse("accounts:user_new"), new_user(email="w@example.invalid"))
    password = shown_password(answer)
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    assert "form_done" in answer.cookies, "what was typed is let go by the browser"
    user = User.objects.get(username="wang")
    for page in (user.get_absolute_url(), LIST, reverse("home")):
        assert password not in browser.get(page).content.decode()
    kept = [*browser.session.items(), *answer.headers.items(), *answer.cookies.items(), caplog.text]
    rows = [*ChangeSet.objects.values(), *user.__dict__.values()]
    assert password not in f"{kept}{rows}"
    files = [file.read_bytes() for file in settings.VAR_DIR.glob("cache/*.djcache")]
    assert not any(password.encode() in content for content in files)
    assert sign_in(Client(), "wang", password)["Location"] == "/"


def test_a_form_that_will_not_do_comes_back_with_what_was_typed(administrator, signed_in):
    browser = signed_in(administrator)
    for fields, says in (
        ({"username": ""}, "请填写用户名"),
        ({"username": administrator.username}, "已经有人用了"),
        ({"division": "140400"}, "“县区填报员”应属于"),
        ({"phone": "12"}, "电话应为11位手机号"),
        ({"email": "x"}, "邮箱的写法不对"),
        ({"role": "leader", "division": "140400", "may_unmask": "on"}, "“领导”不能查看个人信息原文"),
    ):
        answer = browser.post(reverse("accounts:user_new"), new_user(**fields))
        assert answer.status_code == 422, fields
        text = answer.content.decode()
        assert says in text and 'value="王演示"' in text
        assert text.count(" autofocus") == 1
    assert not ChangeSet.objects.exists()


def test_sending_the_form_of_a_new_user_twice_makes_one(administrator, signed_in):
    browser = signed_in(administrator)
    statuses = [browser.post(reverse("accounts:user_new"), new_user()).status_code for _ in range(2)]
    assert statuses == [200, 422]
    assert User.objects.filter(username="wang").count() == 1


def test_a_reset_password_is_shown_once_ends_the_sessions_and_must_be_changed(administrator, clerk, signed_in):
    browser, old = signed_in(administrator), signed_in(clerk)
    page = browser.get(address("user_password", clerk))
    assert "只在下一页显示一次" in page.content.decode()
    answer = browser.post(address("user_password", clerk), {"version": 1})
    password = shown_password(answer)
    assert old.get("/")["Location"].startswith(LOGIN)
    assert sign_in(Client(), clerk.username).status_code == 422
    person = Client()
    sign_in(person, clerk.username, password)
    assert person.get("/")["Location"] == reverse("accounts:password")
    again = browser.post(address("user_password", clerk), {"version": 1})
    assert again.status_code == 409 and "请重新打开" in again.content.decode()
    assert "translate" not in again.content.decode()
    changed = {"old_password": password, "new_password1": NEW, "new_password2": NEW}
    person.post(reverse("accounts:password"), changed)
    assert person.get("/").status_code == 200


# --- Changing ---


def test_an_edit_keeps_a_masked_telephone_and_says_what_was_changed(administrator, clerk, signed_in):
    number = phone()
    clerk.phone = Sealed("phone", plain=number)
    clerk.save(update_fields=["phone"])
    browser = signed_in(administrator)
    page = browser.get(address("user_edit", clerk)).content.decode()
    clerk.refresh_from_db()
    assert number not in page and str(clerk.phone) in page
    fields = {
        "full_name": "李演示",
        "role": "district_clerk",
        "division": "140402",
        "phone": str(clerk.phone),
        "version": "1",
    }
    answer = browser.post(address("user_edit", clerk), fields)
    assert answer["Location"] == clerk.get_absolute_url()
    clerk.refresh_from_db()
    assert (clerk.full_name, clerk.phone.reveal(), clerk.may_unmask) == ("李演示", number, False)
    page = markup_of(browser.get(clerk.get_absolute_url()))
    assert "<del>测试县区填报员</del> 改为 <ins>李演示</ins>" in page and number not in page
    other = {**fields, "phone": "199****0000", "version": "2"}
    assert "请整个重写" in browser.post(address("user_edit", clerk), other).content.decode()
    browser.post(address("user_edit", clerk), {**fields, "phone": "", "version": "2"})
    clerk.refresh_from_db()
    assert clerk.phone is None


def test_a_form_that_was_opened_before_somebody_elses_change_is_refused(administrator, system_admin, clerk, signed_in):
    fields = {"full_name": "李演示", "role": "district_clerk", "division": "140402", "version": "1"}
    signed_in(system_admin).post(address("user_edit", clerk), fields)
    late = signed_in(administrator).post(address("user_edit", clerk), {**fields, "full_name": "赵演示"})
    assert late.status_code == 409 and "账号有改动" in late.content.decode()
    assert 'value="赵演示"' in late.content.decode()
    assert User.objects.get(pk=clerk.pk).full_name == "李演示"


def test_of_the_own_account_role_and_right_are_shown_and_cannot_be_changed(administrator, signed_in):
    browser = signed_in(administrator)
    page = browser.get(administrator.get_absolute_url())
    assert [title for title, _ in page.context["actions"]] == ["修改", "退出所有登录"]
    form = browser.get(address("user_edit", administrator)).context["form"]
    assert all(form.fields[name].disabled for name in ("role", "division", "may_unmask"))
    forged = {"full_name": "新名", "role": "leader", "division": "140423", "may_unmask": "on", "version": "1"}
    browser.post(address("user_edit", administrator), forged)
    administrator.refresh_from_db()
    assert (administrator.full_name, administrator.role, administrator.may_unmask) == ("新名", Role.BUREAU_ADMIN, False)
    for name in ("user_deactivate", "user_password"):
        assert browser.get(address(name, administrator)).status_code == 302
        assert browser.post(address(name, administrator), {"version": 2}).status_code == 403
    administrator.refresh_from_db()
    assert administrator.is_active and administrator.check_password(PASSWORD)


# --- Sessions, locks, leaving ---


def test_ending_the_sessions_takes_every_one_of_this_user_to_sign_in_and_no_other(
    administrator, clerk, other_clerk, signed_in
):
    desk, telephone, other = signed_in(clerk), signed_in(clerk), signed_in(other_clerk)
    browser = signed_in(administrator)
    answer = browser.post(address("user_sessions", clerk), {"version": 1}, follow=True)
    assert "登录已全部退出" in answer.content.decode()
    for each in (desk, telephone):
        assert each.get("/")["Location"].startswith(LOGIN)
    assert other.get("/").status_code == browser.get("/").status_code == 200
    fresh = Client()
    assert sign_in(fresh, clerk.username)["Location"] == "/"
    assert fresh.get("/").status_code == 200


def test_a_deactivated_user_is_out_at_once_and_an_old_session_does_not_wake_again(administrator, clerk, signed_in):
    person, browser = signed_in(clerk), signed_in(administrator)
    browser.post(address("user_deactivate", clerk), {"version": 1})
    assert person.get("/")["Location"].startswith(LOGIN)
    assert sign_in(Client(), clerk.username).status_code == 422
    page = browser.get(clerk.get_absolute_url())
    assert "这个账号已停用" in page.content.decode()
    assert [title for title, _ in page.context["actions"]] == ["修改", "恢复"]
    browser.post(address("user_reactivate", clerk), {"version": 2})
    assert person.get("/")["Location"].startswith(LOGIN)
    assert sign_in(Client(), clerk.username)["Location"] == "/"


def test_a_new_secret_key_ends_no_session_of_somebody_who_was_signed_out_before(clerk, signed_in, settings):
    User.objects.filter(pk=clerk.pk).update(sessions_ended_at=timezone.now())
    clerk.refresh_from_db()
    browser = signed_in(clerk)
    assert browser.get("/").status_code == 200
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "x" * 50
    assert browser.get("/").status_code == 200


def test_a_change_of_an_account_is_not_taken_back_as_an_edit_of_a_register_is(administrator, clerk, signed_in):
    browser = signed_in(administrator)
    browser.post(address("user_sessions", clerk), {"version": 1})
    change_set = ChangeSet.objects.get()
    assert (
        reverse("changelog:undo", args=[change_set.ref]) not in browser.get(clerk.get_absolute_url()).content.decode()
    )
    assert browser.post(reverse("changelog:undo", args=[change_set.ref])).status_code == 404


def test_the_own_sessions_elsewhere_end_with_a_new_password_and_this_one_goes_on(clerk, signed_in):
    here, elsewhere = signed_in(clerk), signed_in(clerk)
    here.post(reverse("accounts:password"), {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_who_is_locked_out_is_marked_and_unlocked_from_the_page(administrator, clerk, signed_in):
    person = Client()
    for _ in range(5):
        sign_in(person, clerk.username, "Wrong-2018-x")
    assert sign_in(person, clerk.username).status_code == 429
    browser = signed_in(administrator)
    assert "账号已锁定" in browser.get(clerk.get_absolute_url()).content.decode()
    browser.post(address("user_unlock", clerk), {"version": 1})
    assert sign_in(person, clerk.username)["Location"] == "/"
    again = browser.post(address("user_unlock", clerk), {"version": 2})
    assert again.status_code == 409 and "不用解锁" in again.content.decode()


# --- The own e-mail and telephone, the settings, the home page ---


def test_people_of_every_role_change_their_own_email_and_telephone(place, signed_in):
    number = phone()
    for role in ROLES_OF_PEOPLE:
        user = make_user(role, home_of(role, place))
        browser = signed_in(user)
        typed = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in number)  # with a Chinese keyboard
        sent = {"email": "a@example.invalid", "phone": typed, "version": "1", "role": "bureau_admin"}
        assert browser.post(reverse("accounts:own_contact"), sent)["Location"] == reverse("accounts:account")
        user.refresh_from_db()
        assert (user.email, user.phone.reveal(), user.role) == ("a@example.invalid", number, role)
        page = browser.get(reverse("accounts:account")).content.decode()
        assert number not in page and str(user.phone) in page


def test_the_bureau_allows_counties_to_manage_and_takes_it_back(system_admin, clerk, signed_in):
    browser, county = signed_in(system_admin), signed_in(clerk)
    settings = reverse("accounts:user_settings")
    assert browser.post(settings, {"counties_manage_clerks": "on", "version": "0"})["Location"] == LIST
    assert county.get(LIST).status_code == 200
    assert browser.post(settings, {"version": "0"}).status_code == 409
    browser.post(settings, {"version": "1"})
    assert county.get(LIST).status_code == 403


def test_the_home_page_of_a_system_administrator_shows_accounts_and_no_figures(system_admin, clerk, signed_in):
    lock_out(clerk)
    browser = signed_in(system_admin)
    browser.post(address("user_sessions", clerk), {"version": 1})
    browser.get("/")
    with exactly(5):  # the signed-in user, numbers, roles, who is locked out, changes; what the checks say is kept
        page = browser.get("/")
    text = markup_of(page)
    assert [panel["template_name"] for panel in page.context["panels"]] == [
        "accounts/health_panel.html",
        "accounts/users_panel.html",
    ]
    assert "已锁定1个" in text and address("user_unlock", clerk) in text
    assert "退出用户的所有登录：测试县区填报员" in text
    assert 'role="search" aria-label="全站查找"' not in text
    for link in re.findall(r'href="(/accounts/users/[^"]*)"', text):
        assert browser.get(link.replace("&amp;", "&")).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "communities:community_list",
        "reports:dashboard",
        "targets:plans",
        "submissions:periods",
        "reports:briefings",
        "search",
    ],
)
def test_a_system_administrator_opens_no_page_of_business(name, system_admin, signed_in):
    assert signed_in(system_admin).get(reverse(name)).status_code == 403
