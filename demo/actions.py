"""Writes of the demo that no page or upload makes: its accounts."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.actions import found_department, log_new_users, portal_itself
from accounts.models import Department, User
from communities.models import Division
from demo.accounts import ACCOUNTS, CITY, PASSWORD, DemoAccount
from demo.work_items import DEPARTMENTS


def _department(account: DemoAccount) -> Department | None:
    """Return the department of an account, a new one where there is none; None for accounts without one."""
    if not account.department:
        return None
    division = Division.objects.by_code(account.division_code)
    known = Department.objects.active().filter(division=division, name=account.department).first()
    return known or found_department(by=portal_itself(), division=division, name=account.department)


def _found_departments_of_the_city() -> None:
    """Found the city's offices that ask communities for something, as far as they are missing."""
    city = Division.objects.by_code(CITY)
    known = set(Department.objects.active().filter(division=city).values_list("name", flat=True))
    for name in DEPARTMENTS:
        if name not in known:
            found_department(by=portal_itself(), division=city, name=name)


@transaction.atomic
def create_accounts() -> None:
    """Create the demo accounts that are missing; existing accounts are not changed.

    The password is hashed once for all: each hash takes a third of a second, and this password is no secret.
    """
    _found_departments_of_the_city()
    present = set(User.objects.filter(username__in=[a.username for a in ACCOUNTS]).values_list("username", flat=True))
    password = make_password(PASSWORD)
    missing = [
        User(
            username=account.username,
            role=account.role,
            division=Division.objects.by_code(account.division_code),
            department=_department(account),
            full_name=account.full_name,
            password=password,
            must_change_password=False,
        )
        for account in ACCOUNTS
        if account.username not in present
    ]
    if missing:
        User.objects.bulk_create(missing)
        log_new_users(by=portal_itself(), users=missing, summary="新建演示账号")
