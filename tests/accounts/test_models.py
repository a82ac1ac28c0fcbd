"""Tests of the rights of roles and of the constraints of users."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Role, User
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_leaders_and_auditors_only_read():
    assert {role for role in Role if role.may_upload} == set(Role) - {Role.LEADER, Role.AUDITOR}
    assert {role for role in Role if role.may_print_briefing} == {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}


def test_a_leader_sees_no_register_of_people():
    assert {role for role in Role if not role.may_see_registers} == {Role.LEADER}


@pytest.mark.parametrize("wrong", [{"role": "leader", "may_unmask": True}, {"role": "king"}], ids=str)
def test_a_user_that_must_not_be_is_refused(place, auditor, wrong):
    for name, value in wrong.items():
        setattr(auditor, name, value)
    with pytest.raises(ValidationError):
        auditor.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        auditor.save()


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
