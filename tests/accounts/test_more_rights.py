"""Tests of the right to see personal data in clear: nobody gets it by managing accounts who may not give it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.actions import reset_password
from accounts.models import Role, User
from changzhi_portal.refusals import NotAllowedError
from tests.accounts.test_managing_users import allow_counties, edit, last_change, new
from tests.accounts.test_user_pages import address
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_only_the_bureaus_administrator_gives_and_takes_the_right_to_unmask(administrator, system_admin, clerk):
    with pytest.raises(NotAllowedError, match="只能由市局管理员"):
        edit(system_admin, clerk, may_unmask=True)
    edit(administrator, clerk, may_unmask=True)
    assert edit(system_admin, clerk, full_name="李演示").may_unmask, "left as it is"
    with pytest.raises(NotAllowedError):
        edit(system_admin, clerk, may_unmask=False)
    assert last_change(clerk).after == {"full_name": "李演示"}


def test_only_the_bureaus_administrator_makes_another_one_who_could_give_the_right(
    place, administrator, system_admin, officer
):
    with pytest.raises(NotAllowedError, match="只能由市局管理员给予"):
        new(system_admin, place, role="bureau_admin", division=place.city)
    with pytest.raises(NotAllowedError, match="只能由市局管理员给予"):
        edit(system_admin, officer, role="bureau_admin")
    assert edit(system_admin, administrator, full_name="李演示").role is Role.BUREAU_ADMIN, "left as it is"
    assert new(administrator, place, role="bureau_admin", division=place.city).user.role is Role.BUREAU_ADMIN


def test_a_role_that_never_unmasks_loses_the_right(place, system_admin):
    officer = make_user(Role.BUREAU_OFFICER, place.city, may_unmask=True)
    assert not edit(system_admin, officer, role="leader").may_unmask
    assert last_change(officer).after == {"role": "leader", "may_unmask": False}


def test_the_password_of_somebody_who_unmasks_or_grants_it_is_reset_by_the_bureaus_administrator_alone(
    place, administrator, system_admin, clerk
):
    allow_counties()
    reader = make_user(Role.STREET_CLERK, place.street, may_unmask=True)
    chief = make_user(Role.BUREAU_ADMIN, place.city)
    for by, user in ((system_admin, reader), (clerk, reader), (system_admin, chief)):
        with pytest.raises(NotAllowedError, match="只能由市局管理员重置"):
            reset_password(by=by, ref=user.ref, version=1)
    for user in (reader, chief):
        assert reset_password(by=administrator, ref=user.ref, version=1).user == user


def test_the_right_to_unmask_is_offered_to_the_bureaus_administrator_alone(
    administrator, system_admin, clerk, signed_in
):
    fields = {"full_name": "李演示", "role": "district_clerk", "division": "140402", "may_unmask": "on", "version": "1"}
    browser = signed_in(system_admin)
    assert "may_unmask" not in browser.get(address("user_edit", clerk)).context["form"].fields
    browser.post(address("user_edit", clerk), fields)
    assert not User.objects.get(pk=clerk.pk).may_unmask
    signed_in(administrator).post(address("user_edit", clerk), {**fields, "version": "2"})
    assert User.objects.get(pk=clerk.pk).may_unmask


def test_a_system_administrator_is_offered_neither_the_role_nor_the_password_of_the_bureaus_administrator(
    administrator, system_admin, clerk, signed_in
):
    browser = signed_in(system_admin)

    def roles_for(page: str) -> set[str]:
        return {value for value, _ in browser.get(page).context["form"].fields["role"].choices}

    for page in (reverse("accounts:user_new"), address("user_edit", clerk)):
        assert "system_admin" in roles_for(page) and "bureau_admin" not in roles_for(page)
    assert "bureau_admin" in roles_for(address("user_edit", administrator)), "it stays what it is"
    steps = [title for title, _ in browser.get(administrator.get_absolute_url()).context["actions"]]
    assert "停用" in steps and "重置密码" not in steps
    assert browser.post(address("user_password", administrator), {"version": 1}).status_code == 403


def test_a_system_administrator_does_not_widen_what_somebody_sees_in_clear(place, administrator, system_admin):
    reader = make_user(Role.DISTRICT_CLERK, place.county, may_unmask=True)
    wider = ({"role": "bureau_officer", "division": place.city}, {"role": "auditor"}, {"division": place.other_county})
    for changed in wider:
        with pytest.raises(NotAllowedError, match="只能由市局管理员改"):
            edit(system_admin, reader, **changed)
    assert edit(administrator, reader, division=place.other_county).may_unmask
