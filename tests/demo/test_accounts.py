"""Tests of the demo's accounts."""

from __future__ import annotations

import pytest

from accounts.models import ROLES_OF_PEOPLE, User
from changelog.models import ChangeRecord
from demo.accounts import ACCOUNTS
from demo.actions import create_accounts

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_there_is_an_account_of_every_role():
    assert {account.role for account in ACCOUNTS} == set(ROLES_OF_PEOPLE)


def test_accounts_that_a_release_adds_are_created_and_logged_and_the_others_left_alone(city):
    create_accounts()
    create_accounts()
    assert ChangeRecord.objects.filter(model="accounts.user").count() == len(ACCOUNTS)
    User.objects.get(username="demo_system").delete()
    User.objects.filter(username="demo_officer").update(full_name="改过")
    create_accounts()
    assert User.objects.get(username="demo_officer").full_name == "改过"
    newest = ChangeRecord.objects.filter(model="accounts.user").order_by("-id")[0]
    assert (newest.object_label, newest.after["username"]) == ("演示系统管理员", "demo_system")
