"""Tests of who has, and had on a day, which rights."""

from __future__ import annotations

import datetime
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actions import create_user, deactivate_user, edit_user
from accounts.models import Role, User
from audit.forms import RIGHTS as WORDS
from audit.rights_then import rights_on
from changelog.models import ChangeSet
from changzhi_portal.rights import OF_THE_USER
from periods.models import beginning_of
from tests.factories import make_department, make_user
from tests.pages import markup_of
from tests.queries import exactly

pytestmark = pytest.mark.django_db
RIGHTS = reverse("audit:rights")
BEFORE, DAY = datetime.date(2018, 6, 9), datetime.date(2018, 6, 10)


@pytest.fixture(autouse=True)
def everybody_was_there(place, auditor, administrator, clerk):
    joined(datetime.date(2018, 1, 1))


def joined(day: datetime.date) -> None:
    User.objects.update(date_joined=beginning_of(day))


def on_the_day() -> None:
    """Let every change so far have been made at noon of DAY."""
    ChangeSet.objects.update(made_at=beginning_of(DAY) + datetime.timedelta(hours=12))


def held(browser, user, **query):
    answer = browser.get(f"{RIGHTS}?{urlencode({'state': 'all', **query})}")
    return next((each for each in answer.context["page"] if each.user.pk == user.pk), None)


def edit(by, user, **fields):
    user.refresh_from_db()
    values = {name: getattr(user, name) for name in ("full_name", "role", "division", "email", "phone", "version")}
    edit_user(by=by, ref=user.ref, **{**values, **fields})


def test_a_day_before_a_change_shows_role_place_and_right_as_they_were(place, auditor, administrator, clerk, signed_in):
    edit(administrator, clerk, role=Role.STREET_CLERK, division=place.street, may_unmask=True)
    on_the_day()
    browser = signed_in(auditor)
    before, then, now = (held(browser, clerk, on=day) for day in (BEFORE, DAY, ""))
    assert (before.role, before.division, before.may_unmask) == (Role.DISTRICT_CLERK, place.county, False)
    assert "上报" in before.rights and "查看原文" not in before.rights
    assert before.today == ("现为街道填报员", "现属城区东街街道办事处", "现可查看原文")
    for each in (then, now):
        assert (each.role, each.division, each.may_unmask) == (Role.STREET_CLERK, place.street, True)
    assert held(browser, clerk, on=BEFORE, role="street_clerk") is None
    assert held(browser, clerk, on=BEFORE, right="may_submit") is not None
    assert held(browser, clerk, right="may_submit") is None
    assert held(browser, clerk, right="may_unmask", county=place.county.code) is not None
    assert held(browser, clerk, county=place.other_county.code) is None


def test_of_several_changes_the_first_after_the_day_says_what_held(auditor, administrator, clerk, signed_in):
    for name in ("甲演示", "乙演示", "丙演示"):
        edit(administrator, clerk, full_name=name)
    first, second, third = ChangeSet.objects.order_by("pk")
    for change_set, day in ((first, 8), (second, 10), (third, 12)):
        ChangeSet.objects.filter(pk=change_set.pk).update(made_at=beginning_of(datetime.date(2018, 6, day)))
    browser = signed_in(auditor)
    assert [held(browser, clerk, on=f"2018-06-{day:02d}").full_name for day in (7, 8, 9, 10, 11, 12)] == [
        "测试县区填报员", "甲演示", "甲演示", "乙演示", "乙演示", "丙演示",
    ]  # fmt: skip


def test_users_are_there_from_their_creation_and_inactive_from_the_end(place, auditor, administrator, clerk, signed_in):
    create_user(by=administrator, username="xin", full_name="新演示", role="leader", division=place.county)
    deactivate_user(by=administrator, ref=clerk.ref, version=clerk.version)
    on_the_day()
    joined(datetime.date(2018, 1, 1))
    new, browser = User.objects.get(username="xin"), signed_in(auditor)
    assert held(browser, new, on=BEFORE) is None and held(browser, new, on=DAY) is not None
    assert held(browser, clerk, on=BEFORE).is_active and not held(browser, clerk, on=DAY).is_active
    assert held(browser, clerk, on=BEFORE, state="") is not None
    assert held(browser, clerk, state="") is None, "without a state those in use"


def test_a_departments_clerk_is_shown_with_the_department_of_the_day(place, auditor, administrator, signed_in):
    first, second = make_department(place.county, "统计局"), make_department(place.county, "卫生局")
    user = make_user(Role.DEPARTMENT_CLERK, place.county, department=first)
    joined(datetime.date(2018, 1, 1))
    edit(administrator, user, department=second)
    on_the_day()
    browser = signed_in(auditor)
    before, now = held(browser, user, on=BEFORE), held(browser, user)
    assert (before.office, before.today) == (f"{place.county.full_name}统计局", ("现在卫生局",))
    assert now.office == f"{place.county.full_name}卫生局"


def test_a_county_sees_who_belonged_to_it_on_the_day(place, administrator, clerk, other_clerk, signed_in):
    edit(administrator, clerk, division=place.other_county)
    on_the_day()
    joined(datetime.date(2018, 1, 1))
    browser = signed_in(make_user(Role.AUDITOR, place.county))
    assert held(browser, clerk, on=BEFORE) is not None and held(browser, clerk, on=DAY) is None
    assert held(browser, other_clerk, on=BEFORE) is None


def test_a_day_to_come_is_refused_in_words(auditor, signed_in):
    page = markup_of(signed_in(auditor).get(f"{RIGHTS}?on=2999-01-01"))
    assert "这一天还没有到" in page and "请按提示改正条件" in page


@pytest.mark.parametrize("more", [0, 20])
def test_the_page_takes_a_fixed_number_of_queries(more, place, auditor, administrator, clerk, signed_in):
    for number in range(1 + more):
        edit(administrator, make_user(Role.STREET_CLERK, place.street), full_name=f"第{number}个")
    joined(datetime.date(2018, 1, 1))
    browser = signed_in(auditor)
    browser.get(RIGHTS)
    with exactly(5):  # the signed-in user, counties to choose from, divisions, departments, users
        browser.get(RIGHTS)
    with exactly(6):  # and what was changed since
        browser.get(f"{RIGHTS}?on={BEFORE}")


def test_every_right_of_a_role_and_of_a_user_has_words():
    names = {name for name in vars(Role) if name.startswith(("may_", "manages_"))} | OF_THE_USER
    told_otherwise = {"may_unmask_if_granted", "may_manage_users", "may_see_users"}  # 管理用户 says who
    assert names - told_otherwise == set(WORDS)


def test_who_answered_people_about_their_data_is_told(place, administrator):
    administrator.may_unmask = True
    administrator.save()
    [held] = [each for each in rights_on(timezone.localdate(), administrator) if each.user == administrator]
    assert "个人信息查阅" in held.rights and "查看原文" in held.rights
    reader = make_user(Role.DISTRICT_CLERK, place.county, may_unmask=True)
    [held] = [each for each in rights_on(timezone.localdate(), administrator) if each.user == reader]
    assert "查看原文" in held.rights and "个人信息查阅" not in held.rights
