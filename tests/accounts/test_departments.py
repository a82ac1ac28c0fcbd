"""Tests of departments: who keeps them, what is refused, their pages, and the department of a user."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.actions import (
    close_department,
    create_user,
    edit_department,
    edit_user,
    open_department,
    reactivate_user,
    reopen_department,
)
from accounts.models import ROLES_OF_PEOPLE, Department, Role, User
from changelog.models import ChangeRecord
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from tests.factories import home_of, make_department, make_user, phone
from tests.pages import markup_of
from tests.queries import exactly, queries_of

pytestmark = pytest.mark.django_db
LIST = reverse("accounts:departments")
DAY = datetime.date(2018, 6, 1)


def address(name: str, department: Department) -> str:
    return reverse(f"accounts:department_{name}", args=[department.ref])


def last_change(record) -> ChangeRecord:
    return ChangeRecord.objects.of_object(record).select_related("change_set").first()


# --- Who keeps them ---


@pytest.mark.parametrize("role", ROLES_OF_PEOPLE)
def test_counties_administrators_and_nobody_else_keep_departments(role, place, signed_in):
    by, known = make_user(role, home_of(role, place)), make_department(place.county)
    may = role in {Role.DISTRICT_CLERK, Role.BUREAU_ADMIN, Role.SYSTEM_ADMIN}
    assert signed_in(by).get(LIST).status_code == signed_in(by).get(address("close", known)).status_code
    assert signed_in(by).get(LIST).status_code == (200 if may else 403)
    if may:
        assert open_department(by=by, division=place.county, name="民政局").division == place.county
        return
    with pytest.raises(NotAllowedError, match="不管理部门"):
        open_department(by=by, division=place.county, name="民政局")
    with pytest.raises(NotAllowedError):
        close_department(by=by, ref=known.ref, version=1, closed_on=DAY)


def test_a_county_keeps_those_of_its_towns_and_none_of_another(place, clerk, signed_in):
    own, foreign = make_department(place.street), make_department(place.other_county)
    assert own.name in markup_of(signed_in(clerk).get(LIST)) and foreign.name not in markup_of(
        signed_in(clerk).get(LIST)
    )
    with pytest.raises(InvalidError) as refused:
        open_department(by=clerk, division=place.other_county, name="民政局")
    assert refused.value.field == "division"
    for act in (
        lambda: edit_department(by=clerk, ref=foreign.ref, version=1, name="甲", opened_on=None, note=""),
        lambda: close_department(by=clerk, ref=foreign.ref, version=1, closed_on=DAY),
        lambda: reopen_department(by=clerk, ref=foreign.ref, version=1),
    ):
        with pytest.raises(NotFoundError):
            act()


# --- What they are ---


def test_each_step_is_logged_and_makes_no_measure_stale(place, clerk):
    department = open_department(by=clerk, division=place.county, name=" 民 政 科 ", opened_on=DAY)
    created = last_change(department)
    assert (created.kind, created.after["name"], created.after["opened_on"]) == ("created", "民政科", "2018-06-01")
    edit_department(by=clerk, ref=department.ref, version=1, name="民政局", opened_on=DAY, note="")
    closed = close_department(by=clerk, ref=department.ref, version=2, closed_on=DAY + datetime.timedelta(days=9))
    assert last_change(department).after == {"closed_on": "2018-06-10"}
    reopen_department(by=clerk, ref=department.ref, version=closed.version)
    department.refresh_from_db()
    assert (department.name, department.closed_on, department.version) == ("民政局", None, 4)
    sets = [change.change_set for change in ChangeRecord.objects.of_object(department)]
    assert len(sets) == 4 and not any(each.affects_figures for each in sets)
    assert {each.division for each in sets} == {place.county}


def test_saving_what_is_there_changes_nothing(place, clerk):
    department = make_department(place.county, "民政局")
    edit_department(by=clerk, ref=department.ref, version=1, name="民政局", opened_on=None, note="")
    assert last_change(department) is None
    with pytest.raises(StaleError, match="重新打开"):
        edit_department(by=clerk, ref=department.ref, version=7, name="甲", opened_on=None, note="")


def test_a_name_is_once_among_the_open_ones_of_a_division(place, clerk):
    first = make_department(place.county, "民政局")
    with pytest.raises(InvalidError, match="已有同名的部门"):
        open_department(by=clerk, division=place.county, name="民政局")
    assert open_department(by=clerk, division=place.street, name="民政局").division == place.street
    closed = close_department(by=clerk, ref=first.ref, version=1, closed_on=DAY)
    open_department(by=clerk, division=place.county, name="民政局")
    with pytest.raises(InvalidError, match="已有同名的部门"):
        reopen_department(by=clerk, ref=closed.ref, version=closed.version)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_department(place.county, "民政局")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "  "}, "名称"),
        ({"name": f"张{phone()}"}, "手机号"),
        ({"name": "民政局", "note": f"找{phone()}"}, "手机号"),
    ],
    ids=str,
)
def test_a_wrong_name_or_note_is_refused(place, clerk, fields, says):
    with pytest.raises(InvalidError, match=says):
        open_department(by=clerk, division=place.county, **fields)
    assert not Department.objects.exists()


def test_a_department_closes_neither_before_it_opens_nor_in_the_future(place, clerk):
    department = make_department(place.county, opened_on=DAY)
    with pytest.raises(InvalidError, match="撤销日期应晚于设立日期"):
        close_department(by=clerk, ref=department.ref, version=1, closed_on=DAY)
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    with pytest.raises(InvalidError, match="不能晚于今天"):
        close_department(by=clerk, ref=department.ref, version=1, closed_on=tomorrow)
    with pytest.raises(ValidationError):
        Department(division=place.county, name="").full_clean()
    with pytest.raises(StaleError, match="没有撤销"):
        reopen_department(by=clerk, ref=department.ref, version=1)


def test_a_department_with_people_who_sign_in_does_not_close(place, clerk, administrator):
    department = make_department(place.county, "民政局")
    user = make_user(Role.DEPARTMENT_CLERK, place.county, department=department)
    with pytest.raises(StaleError, match="“民政局”还有1个在用的账号，请先停用这些账号，或者把他们改到别的部门"):
        close_department(by=clerk, ref=department.ref, version=1, closed_on=DAY)
    User.objects.filter(pk=user.pk).update(is_active=False)
    close_department(by=clerk, ref=department.ref, version=1, closed_on=DAY)
    with pytest.raises(StaleError, match="已于2018-06-01撤销，请先把这个账号改到别的部门"):
        reactivate_user(by=administrator, ref=user.ref, version=1)


# --- The department of a user ---


def staff(by, place, **fields):
    values = {"username": "wang", "full_name": "王演示", "role": "department_clerk", "division": place.county}
    return create_user(by=by, **{**values, **fields}).user


def test_a_departments_clerk_has_one_of_the_own_division_and_nobody_else_any(place, administrator):
    own, other = make_department(place.county, "民政局"), make_department(place.other_county, "民政局")
    closed = make_department(place.county, "老局", closed_on=DAY)
    for fields, says in (
        ({}, "部门经办员应选择所在部门"),
        ({"department": other}, "现在没有“民政局”这个部门"),
        ({"department": closed}, "现在没有“老局”这个部门"),
        ({"department": own, "role": "district_clerk"}, "没有部门"),
    ):
        with pytest.raises(InvalidError, match=says) as refused:
            staff(administrator, place, **fields)
        assert refused.value.field == "department"
    user = staff(administrator, place, department=own)
    assert (user.department, last_change(user).after["department"]) == (own, own.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(department=None)
    values = {"full_name": "王演示", "role": "street_clerk", "division": place.street, "email": "", "phone": None}
    edit_user(by=administrator, ref=user.ref, version=1, **values)
    user.refresh_from_db()
    assert user.department is None
    assert last_change(user).before["department"] == own.pk


def test_the_form_offers_the_departments_by_division_and_says_what_is_missing(place, administrator, signed_in):
    own, closed = make_department(place.county, "民政局"), make_department(place.county, "老局", closed_on=DAY)
    browser = signed_in(administrator)
    page = markup_of(browser.get(reverse("accounts:user_new")))
    assert f'value="{own.ref}"' in page and closed.ref not in page and "所在部门" in page
    sent = {"username": "wang", "full_name": "王演示", "role": "department_clerk", "division": "140402"}
    refused = markup_of(browser.post(reverse("accounts:user_new"), sent))
    assert "部门经办员应选择所在部门" in refused and not User.objects.filter(username="wang").exists()
    browser.post(reverse("accounts:user_new"), {**sent, "department": own.ref})
    user = User.objects.get(username="wang")
    assert user.department == own
    shown = markup_of(browser.get(user.get_absolute_url()))
    assert "所在部门" in shown and "民政局" in shown
    listed = browser.get(reverse("accounts:users"), {"department": own.ref})
    assert [row.record for row in listed.context["table"].rows] == [user]


def test_a_county_that_manages_clerks_is_not_asked_for_departments(place, clerk, administrator, signed_in):
    signed_in(administrator).post(reverse("accounts:user_settings"), {"counties_manage_clerks": "on", "version": "0"})
    browser = signed_in(clerk)
    assert "所在部门" not in markup_of(browser.get(reverse("accounts:user_new")))
    sent = {"username": "wang", "full_name": "王演示", "role": "street_clerk", "division": place.street.code}
    browser.post(reverse("accounts:user_new"), sent)
    assert User.objects.get(username="wang").division == place.street


def test_the_command_takes_the_name_of_a_department(place, capsys):
    own = make_department(place.county, "民政局")
    base = ("create_staff", "wang", "--role", "department_clerk", "--division", "140402")
    with pytest.raises(CommandError, match="needs a department"):
        call_command(*base)
    with pytest.raises(CommandError, match="it has: 民政局"):
        call_command(*base, "--department", "教育局")
    call_command(*base, "--department", "民政局")
    call_command(*base, "--full-name", "王演示")
    user = User.objects.get(username="wang")
    assert (user.department, user.full_name) == (own, "王演示")
    call_command("create_staff", "wang", "--role", "window_clerk", "--division", "140402001")
    user.refresh_from_db()
    assert (user.department, user.role) == (None, Role.WINDOW_CLERK)
    assert "Created wang: department_clerk at 140402" in capsys.readouterr().out


# --- Pages ---


def test_a_department_is_added_changed_closed_and_opened_again_in_pages(place, clerk, signed_in):
    browser = signed_in(clerk)
    assert "还没有部门，请点“新增”。" in markup_of(browser.get(LIST))
    sent = {"division": "140402", "name": "民政局", "opened_on": "2018-01-01", "note": ""}
    browser.post(reverse("accounts:department_new"), sent)
    department = Department.objects.get()
    page = markup_of(browser.get(department.get_absolute_url()))
    assert all(told in page for told in ("民政局", "城区", "2018-01-01", "变更记录", address("close", department)))
    browser.post(address("edit", department), {"name": "民政和人社局", "opened_on": "", "note": "", "version": "1"})
    assert "民政和人社局" in markup_of(browser.get(LIST, {"q": "人社"}))
    answer = browser.post(address("close", department), {"closed_on": "2018-05-31", "version": "2"}, follow=True)
    assert "已撤销" in markup_of(answer) and address("reopen", department) in markup_of(answer)
    assert not list(browser.get(LIST, {"state": "open"}).context["table"].rows)
    again = browser.get(address("close", department), follow=True)
    assert "这个部门已经撤销。" in markup_of(again)
    browser.post(address("reopen", department), {"version": "3"})
    department.refresh_from_db()
    assert (department.name, department.opened_on, department.closed_on) == ("民政和人社局", None, None)


def test_a_refused_closing_says_why_in_the_form(place, clerk, signed_in):
    user = make_user(Role.DEPARTMENT_CLERK, place.county)
    page = signed_in(clerk).post(address("close", user.department), {"closed_on": "2018-05-31", "version": "1"})
    assert page.status_code == 409 and "还有1个在用的账号" in markup_of(page)


def test_the_page_of_a_department_shows_its_history_to_who_sees_no_register(place, system_admin, signed_in):
    department = open_department(by=system_admin, division=place.city, name="民政局")
    page = markup_of(signed_in(system_admin).get(department.get_absolute_url()))
    assert page.count("变更记录") >= 1 and str(system_admin) in page
    listed = f"{reverse('accounts:users')}?department={department.ref}"
    assert listed in page


def test_the_list_costs_the_same_queries_however_many_there_are(place, administrator, signed_in):
    browser = signed_in(administrator)
    make_department(place.county)
    browser.get(LIST)
    few = len(queries_of(lambda: browser.get(LIST)))
    for division in (place.county, place.street, place.other_county) * 4:
        make_user(Role.DEPARTMENT_CLERK, division)
    with exactly(few):
        browser.get(LIST)


# --- The home page ---


def test_windows_and_departments_are_told_where_they_are_and_what_they_find(place, signed_in):
    window = make_user(Role.WINDOW_CLERK, place.street)
    home = markup_of(signed_in(window).get("/"))
    assert "城区东街街道办事处" in home and "窗口受理的办件还没有在这里开通" in home
    assert all(reverse(name) in home for name in ("notices:list", "accounts:account", "communities:contacts", "manual"))
    department = make_department(place.county, "民政局")
    at_office = make_user(Role.DEPARTMENT_CLERK, place.county, department=department)
    assert "您是“民政局”的部门经办员" in markup_of(signed_in(at_office).get("/"))


def test_the_home_of_others_does_not_speak_of_departments(clerk, leader, signed_in):
    for user in (clerk, leader):
        assert "这个角色不看登记册" not in markup_of(signed_in(user).get("/"))
