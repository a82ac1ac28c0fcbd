"""Writes of the demo that no page or upload makes: its accounts."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.actions import log_new_users, portal_itself
from accounts.models import User
from communities.models import Division
from demo.accounts import ACCOUNTS, PASSWORD


@transaction.atomic
def create_accounts() -> None:
    """Create the demo accounts that are missing; existing accounts are not changed.

    The password is hashed once for all: each hash takes a third of a second, and this password is no secret.
    """
    present = set(User.objects.filter(username__in=[a.username for a in ACCOUNTS]).values_list("username", flat=True))
    password = make_password(PASSWORD)
    missing = [
        User(
            username=account.username,
            role=account.role,
            division=Division.objects.by_code(account.division_code),
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
