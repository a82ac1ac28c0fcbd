"""Letting another system connect, changing what is known of it, and shutting it out."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Role, User
from changzhi_portal.records import new_ref
from changzhi_portal.refusals import InvalidError
from changzhi_portal.rights import Actor
from communities.models import Division
from connections.actions.managing import check_may_manage, held_client, log, refuse_numbers, refuse_wrong
from connections.models import ApiClient

_TEXTS = ("name", "purpose", "contact")
_SHORTEST_PURPOSE = 4  # characters, as of a reason for seeing personal data


def register_client(*, by: Actor, name: str, purpose: str, contact: str, division: Division) -> ApiClient:
    """Let a system connect, as soon as it has a token, with the area of a division of any level; that never changes.

    Raises NotAllowedError, InvalidError for wrong texts, a name that another one has, or a division that is closed or
    outside the area of `by`.
    """
    check_may_manage(by)
    if not Division.objects.current().visible_to(by).filter(pk=division.pk).exists():
        raise InvalidError(
            "这个区划不在您管理的范围内，或者已经撤销，请重新选择。",
            cure="The division is closed or outside the area of the acting user.",
            field="division",
        )
    ref = new_ref()
    client = ApiClient(ref=ref, made_by_id=by.pk)
    _set_texts(client, name=name, purpose=purpose, contact=contact)
    with transaction.atomic():
        # No name that anybody would choose to sign in with; it cannot (`DivisionBackend`).
        user = User(username=f"api-{ref}", full_name=client.name, role=Role.CLIENT, division=division)
        user.must_change_password = False
        user.set_unusable_password()
        user.save()
        client.user = user
        refuse_wrong(client)
        client.save()
        log(by, client, client, {}, _state(client), "登记对接系统")
    return client


@transaction.atomic
def edit_client(*, by: Actor, ref: str, version: int, name: str, purpose: str, contact: str) -> ApiClient:
    """Change what is known of a client. Raises NotAllowedError, NotFoundError, StaleError, InvalidError."""
    check_may_manage(by)
    client = held_client(ref, by=by, version=version)
    before = _state(client)
    _set_texts(client, name=name, purpose=purpose, contact=contact)
    refuse_wrong(client)
    if before != _state(client):
        _save(client)
        if client.user.full_name != client.name:
            User.objects.filter(pk=client.user.pk).update(full_name=client.name)
        log(by, client, client, before, _state(client), "修改对接系统")
    return client


@transaction.atomic
def revoke_client(*, by: Actor, ref: str, version: int, reason: str) -> ApiClient:
    """Shut a client out at once, with all of its tokens and for good; what it has done stays.

    Raises NotAllowedError, NotFoundError, StaleError, InvalidError without a reason.
    """
    check_may_manage(by)
    client = held_client(ref, by=by, version=version)
    before = _state(client)
    client.revoked_at, client.revoked_by_id = timezone.now(), by.pk
    client.revoked_for = " ".join(reason.split())
    if not client.revoked_for:
        raise InvalidError("请写明停用的原因。", cure="Say why the client is revoked.", field="reason")
    refuse_numbers(client, "revoked_for")
    _save(client)
    User.objects.filter(pk=client.user.pk).update(is_active=False)
    log(by, client, client, before, _state(client), "停用对接系统")
    return client


def _set_texts(client: ApiClient, **texts: str) -> None:
    for name, text in texts.items():
        setattr(client, name, " ".join(text.split()))
    if len(client.purpose) < _SHORTEST_PURPOSE:
        raise InvalidError(
            f"用途太短，请写明办什么事，至少{_SHORTEST_PURPOSE}个字。",
            cure="The purpose is too short.",
            field="purpose",
        )
    refuse_numbers(client, *_TEXTS)


def _save(client: ApiClient) -> None:
    client.version += 1
    client.save()


def _state(client: ApiClient) -> dict[str, Any]:
    return {name: getattr(client, name) for name in (*_TEXTS, "revoked_at", "revoked_for")}
