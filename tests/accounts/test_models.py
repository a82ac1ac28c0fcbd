"""Tests of the rights of roles and of the constraints of users."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import OF_MATTERS, ROLES_OF_PEOPLE, AccountSettings, Role, User
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_leaders_and_auditors_only_read():
    assert {role for role in ROLES_OF_PEOPLE if role.may_upload} == set(ROLES_OF_PEOPLE) - {
        Role.LEADER,
        Role.AUDITOR,
        Role.SYSTEM_ADMIN,
        *OF_MATTERS,
    }
    assert {role for role in ROLES_OF_PEOPLE if role.may_audit} == {Role.AUDITOR}
    assert {role for role in ROLES_OF_PEOPLE if role.may_see_uploads} == {
        role for role in ROLES_OF_PEOPLE if role.may_upload
    } | {Role.AUDITOR}
    assert {role for role in ROLES_OF_PEOPLE if role.may_print_briefing} == {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}


def test_leaders_windows_departments_and_system_administrators_see_no_register_of_people():
    blind = {role for role in ROLES_OF_PEOPLE if not role.may_see_registers}
    assert blind == {Role.LEADER, Role.SYSTEM_ADMIN, *OF_MATTERS}
    assert {role for role in ROLES_OF_PEOPLE if not role.may_see_figures} == {Role.SYSTEM_ADMIN, *OF_MATTERS}


def rights_of(role):
    return {name for name in vars(Role) if name.startswith(("may_", "manages_")) and getattr(role, name)}


def test_windows_have_no_right_but_the_own_account_and_departments_only_that_of_work_items():
    assert rights_of(Role.WINDOW_CLERK) == set()
    assert rights_of(Role.DEPARTMENT_CLERK) == {"may_propose_work_items", "may_see_work_items"}


def test_system_administrators_have_no_right_of_business():
    business = [name for name in vars(Role) if name.startswith("may_")]
    assert len(business) > 10
    held = {name for name in business if getattr(Role.SYSTEM_ADMIN, name)}
    assert held == {"may_see_health", "may_keep_departments"}, "no business"


@pytest.mark.parametrize(
    "wrong",
    [
        *({"role": role, "may_unmask": True} for role in ("leader", "system_admin", "window_clerk")),
        {"role": "department_clerk"},
        {"role": "king"},
    ],
    ids=str,
)
def test_a_user_that_must_not_be_is_refused(place, auditor, wrong):
    for name, value in wrong.items():
        setattr(auditor, name, value)
    with pytest.raises(ValidationError):
        auditor.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        auditor.save()


def test_there_is_one_row_of_settings():
    AccountSettings.objects.create(pk=AccountSettings.ONLY)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountSettings.objects.create(pk=2)


def test_only_administrators_and_by_leave_of_the_bureau_counties_manage_users(place, clerk, street_clerk):
    managing = {role for role in ROLES_OF_PEOPLE if make_user(role, place.city).may_manage_users}
    assert managing == {Role.BUREAU_ADMIN, Role.SYSTEM_ADMIN}
    AccountSettings.objects.create(pk=AccountSettings.ONLY, counties_manage_clerks=True)
    assert clerk.managed_roles == {Role.STREET_CLERK}
    assert list(User.objects.managed_by(clerk)) == [street_clerk]
    assert not street_clerk.may_manage_users


def test_an_auditor_sees_the_users_of_the_own_area_and_manages_none(place, clerk, other_clerk, street_clerk):
    auditor = make_user(Role.AUDITOR, place.county)
    assert set(User.objects.listed_for(auditor)) == {clerk, street_clerk, auditor}
    assert not User.objects.managed_by(auditor).exists()


def test_a_division_with_users_cannot_be_deleted(place, clerk):
    clerk.refresh_from_db()
    with pytest.raises(Exception, match="protected") as refused:
        place.county.delete()
    assert clerk in refused.value.protected_objects


def test_an_officer_sees_everybody_and_a_clerk_the_own_county(place, clerk, other_clerk, street_clerk, officer):
    assert set(User.objects.visible_to(officer)) == {clerk, other_clerk, street_clerk, officer}
    assert set(User.objects.visible_to(clerk)) == {clerk, street_clerk}


def test_a_person_is_called_by_name_and_else_by_user_name(place):
    assert str(make_user(Role.LEADER, place.city, full_name="王局长")) == "王局长"
    assert str(make_user(Role.LEADER, place.city, "wang", full_name="")) == "wang"
