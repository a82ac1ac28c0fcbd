"""Other systems and their tokens, for tests."""

from __future__ import annotations

import datetime
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from connections.actions import IssuedToken, issue_token, register_client
from connections.models import ApiClient
from connections.scopes import SCOPES
from tests.factories import make_user

ALL = tuple(scope.name for scope in SCOPES)
_numbers = iter(range(1, 1_000_000))


def administrator_of(division: Any) -> User:
    """Return an administrator of the bureau who may see personal data in clear, made when it is first asked for."""
    city = division if division.parent_id is None else division.parent.parent or division.parent
    return User.objects.filter(role=Role.BUREAU_ADMIN, may_unmask=True).first() or make_user(
        Role.BUREAU_ADMIN, city, may_unmask=True
    )


def make_client(division: Any, **texts: str) -> ApiClient:
    """Return a system with the area of a division."""
    values = {"name": f"演示系统{next(_numbers)}", "purpose": "演示核对登记信息", "contact": "演示大数据局，张工"}
    return register_client(by=administrator_of(division), division=division, **{**values, **texts})


def make_token(where: Any, *scopes: str, days: int = 30, addresses: str = "") -> IssuedToken:
    """Return a token of a client, or of a new one with the area of a division; with all scopes unless some are named."""
    client = where if isinstance(where, ApiClient) else make_client(where)
    return issue_token(
        by=administrator_of(client.user.division),
        client_ref=client.ref,
        label="演示令牌",
        scopes=scopes or ALL,
        expires_on=timezone.localdate() + datetime.timedelta(days=days),
        addresses=addresses,
    )


def program(issued: IssuedToken | str) -> Client:
    """Return a client of Django that sends a token with each request, and checks of CSRF as in production."""
    text = issued if isinstance(issued, str) else issued.text
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {text}"})
