"""Tests of the actions that create and change users: who may, what is logged, and what is refused."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actions import (
    change_account_settings,
    change_password,
    create_user,
    deactivate_user,
    edit_own_contact,
    edit_user,
    end_sessions,
    reactivate_user,
    reset_password,
    unlock_user,
)
from accounts.models import ROLES_OF_PEOPLE, AccountSettings, AttemptCount, Role, User
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.personal import Sealed
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, PortalError, StaleError
from notices.models import Notice
from tests.accounts.guesses import lock_out
from tests.factories import home_of, make_division, make_user, phone

pytestmark = pytest.mark.django_db


def sealed(number: str) -> Sealed:
    return Sealed("phone", plain=number)


def new(by, place, **fields):
    values = {"username": "wang", "full_name": "王演示", "role": "district_clerk", "division": place.county}
    return create_user(by=by, **{**values, **fields})


def edit(by, user, **fields):
    user.refresh_from_db()
    values = {
        "full_name": user.full_name,
        "role": user.role,
        "division": user.division,
        "email": user.email,
        "phone": user.phone,
        "version": user.version,
    }
    return edit_user(by=by, ref=user.ref, **{**values, **fields})


def last_change(user) -> ChangeRecord:
    return ChangeRecord.objects.of_object(user).select_related("change_set__made_by").first()


def allow_counties() -> None:
    AccountSettings.objects.create(pk=AccountSettings.ONLY, counties_manage_clerks=True)


# --- Creating ---


def test_a_new_user_signs_in_with_the_first_password_and_the_log_says_who_made_it(place, administrator):
    number = phone()
    issued = new(administrator, place, email="wang@example.invalid", phone=sealed(number), may_unmask=True)
    user = User.objects.get(username="wang")
    assert user.check_password(issued.password) and user.must_change_password
    assert issued.password not in repr(issued)
    change = last_change(user)
    assert (change.change_set.made_by, change.kind, change.division, change.before) == (
        administrator,
        "created",
        place.county,
        {},
    )
    logged = change.after
    assert (logged["username"], logged["role"], logged["division"]) == ("wang", "district_clerk", place.county.pk)
    assert (logged["is_active"], logged["may_unmask"]) == (True, True)
    assert change.value_of("phone", logged["phone"]).reveal() == number and number not in str(logged)
    assert "password" not in logged and issued.password not in f"{logged}{change.change_set.summary}"
    assert not change.change_set.affects_figures


@pytest.mark.parametrize("role", ROLES_OF_PEOPLE)
def test_only_administrators_create_users(role, place):
    home = home_of(role, place)
    by = make_user(role, home)
    if role in {Role.BUREAU_ADMIN, Role.SYSTEM_ADMIN}:
        assert new(by, place).user.role is Role.DISTRICT_CLERK
    else:
        with pytest.raises(NotAllowedError):
            new(by, place)


def test_a_county_that_may_creates_clerks_of_its_own_towns_only(place, clerk):
    allow_counties()
    assert new(clerk, place, role="street_clerk", division=place.street).user.division == place.street
    with pytest.raises(NotAllowedError, match="只能管理街道填报员"):
        new(clerk, place, username="li")
    with pytest.raises(InvalidError) as refused:
        new(clerk, place, username="li", role="street_clerk", division=place.rural_town)
    assert refused.value.field == "division"


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"username": "WANG"}, "username", "已经有人用了"),
        ({"username": "王 五"}, "username", "用户信息不对"),
        ({"username": "13812345678"}, "username", "用户名里有手机号"),
        ({"username": "System"}, "username", "系统自己用的"),
        ({"full_name": "王 13812345678"}, "full_name", "姓名里有手机号"),
        ({"email": "nowhere"}, "email", "用户信息不对"),
        ({"role": "king"}, "role", "没有“king”这个角色"),
        ({"role": "street_clerk"}, "division", "“街道填报员”应属于"),
        ({"role": "leader", "may_unmask": True}, "may_unmask", "“领导”不能查看个人信息原文"),
    ],
)
def test_a_user_that_will_not_do_is_refused_at_its_field_and_nothing_is_written(
    fields, field, says, place, administrator
):
    new(administrator, place)
    with pytest.raises(InvalidError, match=says) as refused:
        new(administrator, place, **{"username": "li", **fields})
    assert refused.value.field == field
    assert not User.objects.filter(username="li").exists()
    assert ChangeSet.objects.count() == 1


def test_nobody_is_put_at_a_closed_county(place, administrator):
    heir = make_division("140403", "潞州区", place.city)
    place.county.valid_to, place.county.successor = timezone.localdate(), heir
    place.county.save()
    with pytest.raises(InvalidError, match="已经撤销"):
        new(administrator, place)


# --- Changing ---


def test_an_edit_is_logged_with_before_and_after_and_holds_at_once(place, administrator, clerk):
    edit(administrator, clerk, full_name="李演示", division=place.other_county, email="li@example.invalid")
    change = last_change(clerk)
    assert change.before == {"full_name": "测试县区填报员", "division": place.county.pk, "email": ""}
    assert change.after == {"full_name": "李演示", "division": place.other_county.pk, "email": "li@example.invalid"}
    assert (change.division, change.change_set.made_by) == (place.other_county, administrator)
    assert User.objects.get(pk=clerk.pk).version == clerk.version + 1


def test_an_edit_that_changes_nothing_is_not_logged(administrator, clerk):
    edit(administrator, clerk)
    clerk.refresh_from_db()
    assert clerk.version == 1
    assert not ChangeSet.objects.exists()


def test_a_new_telephone_is_logged_as_ciphertext_and_the_same_one_is_no_change(administrator, clerk):
    first, second = phone(), phone()
    edit(administrator, clerk, phone=sealed(first))
    edit(administrator, clerk, phone=sealed(first))
    assert ChangeSet.objects.count() == 1
    edit(administrator, clerk, phone=sealed(second))
    change = last_change(clerk)
    assert [change.value_of("phone", each["phone"]).reveal() for each in (change.before, change.after)] == [
        first,
        second,
    ]


def test_an_email_address_that_is_a_mobile_number_is_masked_in_the_log_and_its_change_seen(administrator, clerk):
    edit(administrator, clerk, email="13812345678@example.invalid")
    edit(administrator, clerk, email="13899999978@example.invalid")
    change = last_change(clerk)
    assert "1234" not in str(change.before) and "9999" not in str(change.after)
    assert change.before["email"] != change.after["email"]


def test_somebody_who_was_changed_meanwhile_is_not_overwritten(administrator, clerk):
    edit(administrator, clerk, full_name="李演示")
    with pytest.raises(StaleError, match="请重新打开"):
        edit(administrator, clerk, full_name="赵演示", version=1)
    for action in (deactivate_user, reset_password, end_sessions):
        with pytest.raises(StaleError):
            action(by=administrator, ref=clerk.ref, version=1)
    clerk.refresh_from_db()
    assert clerk.full_name == "李演示" and clerk.is_active


def test_users_of_another_area_do_not_exist_for_a_county(place, clerk, street_clerk):
    allow_counties()
    stranger = make_user(Role.STREET_CLERK, place.rural_town)
    colleague = make_user(Role.DISTRICT_CLERK, place.county)
    for user in (stranger, colleague, clerk):
        for action in (deactivate_user, reset_password, end_sessions, unlock_user):
            with pytest.raises(NotFoundError):
                action(by=clerk, ref=user.ref, version=user.version)
        with pytest.raises(NotFoundError):
            edit(clerk, user, full_name="改")
    with pytest.raises(InvalidError):
        edit(clerk, street_clerk, division=place.rural_town)
    with pytest.raises(NotAllowedError):
        edit(clerk, street_clerk, role="district_clerk", division=place.county)
    assert edit(clerk, street_clerk, division=place.other_street).division == place.other_street


def test_the_portals_own_user_is_managed_by_nobody(administrator, place):
    own = make_user(Role.BUREAU_ADMIN, place.city, "system", is_active=False)
    with pytest.raises(NotFoundError):
        reactivate_user(by=administrator, ref=own.ref, version=own.version)


# --- The own account ---


@pytest.mark.parametrize("wrong", [{"role": "bureau_officer"}, {"may_unmask": True}], ids=str)
def test_nobody_changes_the_own_role_or_right(wrong, administrator, place):
    make_user(Role.BUREAU_ADMIN, place.city)
    with pytest.raises(NotAllowedError, match="不能自己改"):
        edit(administrator, administrator, **wrong)
    assert edit(administrator, administrator, full_name="新名").full_name == "新名"


def test_nobody_deactivates_the_own_account_or_resets_the_own_password(administrator, place):
    make_user(Role.BUREAU_ADMIN, place.city)
    for action in (deactivate_user, reset_password):
        with pytest.raises(NotAllowedError):
            action(by=administrator, ref=administrator.ref, version=administrator.version)


def test_people_change_their_own_email_and_telephone_and_it_is_logged(leader):
    number = phone()
    edit_own_contact(by=leader, version=1, email="l@example.invalid", phone=sealed(number))
    leader.refresh_from_db()
    assert (leader.email, leader.phone.reveal(), leader.version) == ("l@example.invalid", number, 2)
    assert last_change(leader).change_set.made_by == leader
    with pytest.raises(StaleError):
        edit_own_contact(by=leader, version=1, email="", phone=None)


def test_changing_the_own_password_is_logged_as_its_time(clerk):
    change_password(user=clerk, password="Nuan-feng-47-wan")
    change = last_change(clerk)
    assert list(change.after) == ["password_set_at"]
    assert "Nuan-feng" not in f"{change.after}{change.change_set.summary}"


# --- Administrators ---


def test_the_last_administrator_stays(place, administrator, system_admin):
    edit(administrator, system_admin, role="auditor")
    other = make_user(Role.SYSTEM_ADMIN, place.city)
    deactivate_user(by=other, ref=administrator.ref, version=administrator.version)
    # What a page that was opened before could still ask for.
    other.refresh_from_db()
    for action in (
        lambda: deactivate_user(by=administrator, ref=other.ref, version=other.version),
        lambda: edit(administrator, other, role="auditor"),
    ):
        with pytest.raises(InvalidError, match="最后一个在用的管理员"):
            action()


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_deactivate_each_other_at_once_leave_one(place):
    first, second = (make_user(Role.BUREAU_ADMIN, place.city) for _ in range(2))
    start, refused = threading.Barrier(2, timeout=30), []

    def deactivate(by: User, user: User) -> None:
        try:
            start.wait()
            deactivate_user(by=by, ref=user.ref, version=user.version)
        except PortalError as error:
            refused.append(error)
        finally:
            connection.close()

    pairs = ((first, second), (second, first))
    threads = [threading.Thread(target=deactivate, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(refused) == 1
    assert User.objects.administrators().count() == 1


# --- Leaving, coming back, passwords, locks ---


def test_somebody_who_leaves_is_logged_and_may_come_back_with_the_password_of_before(administrator, clerk):
    stored = clerk.password
    deactivate_user(by=administrator, ref=clerk.ref, version=1)
    change = last_change(clerk)
    assert (change.before["is_active"], change.after["is_active"]) == (True, False)
    with pytest.raises(StaleError, match="已经停用"):
        deactivate_user(by=administrator, ref=clerk.ref, version=2)
    with pytest.raises(StaleError, match="请先恢复"):
        reset_password(by=administrator, ref=clerk.ref, version=2)
    reactivate_user(by=administrator, ref=clerk.ref, version=2)
    with pytest.raises(StaleError, match="不用恢复"):
        reactivate_user(by=administrator, ref=clerk.ref, version=3)
    clerk.refresh_from_db()
    assert clerk.is_active and clerk.password == stored
    assert last_change(clerk).after == {"is_active": True}


def test_a_reset_password_must_be_changed_and_lifts_the_lock(administrator, clerk):
    lock_out(clerk)
    issued = reset_password(by=administrator, ref=clerk.ref, version=1)
    clerk.refresh_from_db()
    assert clerk.check_password(issued.password) and clerk.must_change_password
    assert not AttemptCount.objects.exists()
    change = last_change(clerk)
    assert set(change.after) == {"password_set_at", "sessions_ended_at", "unlocked_at"}
    assert issued.password not in f"{change.after}{change.change_set.summary}"
    with pytest.raises(StaleError):
        reset_password(by=administrator, ref=clerk.ref, version=1)


def test_whose_password_is_reset_is_told_by_whom(administrator, clerk):
    User.objects.filter(pk=clerk.pk).update(email="clerk@example.invalid")
    reset_password(by=administrator, ref=clerk.ref, version=1)
    notice = Notice.objects.get(user=clerk)
    assert (notice.title, notice.mail) == ("您的密码被管理员重置", Notice.Mail.WAITING)
    assert str(administrator) in notice.text


def test_who_is_locked_out_is_unlocked_and_it_is_logged(administrator, clerk, other_clerk):
    lock_out(clerk)
    lock_out(other_clerk)
    unlock_user(by=administrator, ref=clerk.ref, version=1)
    locked = User.objects.with_lockout().filter(is_locked_out=True)
    assert list(locked) == [other_clerk]
    assert list(last_change(clerk).after) == ["unlocked_at"]
    with pytest.raises(StaleError, match="没有锁定"):
        unlock_user(by=administrator, ref=clerk.ref, version=2)


def test_few_or_old_failures_or_failures_in_several_places_lock_nobody(clerk):
    for address in ("10.0.0.1", "10.0.0.2"):
        lock_out(clerk, address, times=4)
    assert not User.objects.with_lockout().filter(is_locked_out=True).exists()
    lock_out(clerk, "10.0.0.1", times=1)
    assert list(User.objects.with_lockout().filter(is_locked_out=True)) == [clerk]
    AttemptCount.objects.update(closed_until=timezone.now() - timezone.timedelta(seconds=1))
    assert not User.objects.with_lockout().filter(is_locked_out=True).exists()


# --- Settings ---


def test_the_bureau_lets_counties_manage_clerks_and_it_is_logged(administrator, system_admin, officer, clerk):
    with pytest.raises(NotAllowedError):
        change_account_settings(by=officer, version=0, counties_manage_clerks=True)
    change_account_settings(by=administrator, version=0, counties_manage_clerks=True)
    with pytest.raises(StaleError):
        change_account_settings(by=administrator, version=0, counties_manage_clerks=False)
    assert clerk.may_manage_users
    change_account_settings(by=system_admin, version=1, counties_manage_clerks=False)
    assert not clerk.may_manage_users
    change = last_change(AccountSettings.current())
    assert (change.before, change.after) == ({"counties_manage_clerks": True}, {"counties_manage_clerks": False})
