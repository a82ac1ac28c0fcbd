"""Giving a client a token, and taking one back."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.models import Role, User
from changzhi_portal.records import new_ref
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.rights import PERSONAL_SCOPE, Actor
from connections.actions.managing import (
    check_may_manage,
    held_client,
    log,
    refuse_numbers,
    refuse_wrong,
    whose_area_holds,
)
from connections.models import LONGEST_LIFE, ApiToken
from connections.networks import WrongNetworkError, clean_networks
from connections.scopes import BY_NAME, NEEDS, TOLD_TO_AUDITORS, in_order
from connections.token_text import digest_of, new_token
from notices.actions import Message, notify

_LOGGED = ("label", "scopes", "addresses", "expires_on", "revoked_at")


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token and its text, to be shown once to whoever has issued it; only its digest is stored."""

    token: ApiToken
    text: str = field(repr=False)


@sensitive_variables("text")
def issue_token(
    *,
    by: Actor,
    client_ref: str,
    label: str,
    scopes: Collection[str],
    expires_on: datetime.date,
    addresses: str = "",
) -> IssuedToken:
    """Give a client a token. `addresses` are networks as somebody types them, "" for any.

    Raises NotAllowedError, also for personal data in clear by somebody who may not see them: nobody gets that right by a
    token of the own making; NotFoundError; StaleError for a client that is revoked; InvalidError for an unknown scope, one
    without what it needs, an end in the past or more than a year ahead, and what is no network. Auditors are told of a
    token that lets somebody see personal data in clear.
    """
    check_may_manage(by)
    _refuse_wrong_scopes(scopes)
    if PERSONAL_SCOPE in scopes and not by.may_unmask:
        raise NotAllowedError(
            f"“{BY_NAME[PERSONAL_SCOPE].title}”只由有“可看原文”权限的市局管理员发放，请换一位办理。",
            cure="Only a bureau_admin with may_unmask issues a token for personal data in clear.",
            field="scopes",
        )
    today = timezone.localdate()
    if not today <= expires_on <= today + LONGEST_LIFE:
        raise InvalidError(
            f"有效期应在{today}到{today + LONGEST_LIFE}之间，最长一年。",
            cure="A token is valid for a year at most.",
            field="expires_on",
        )
    try:
        networks = clean_networks(addresses)
    except WrongNetworkError as error:
        raise InvalidError(
            f"“{str(error)[:50]}”不是IP地址，也不是网段；例如10.1.2.3、10.1.2.0/24。",
            cure="Give addresses or networks of IPv4 or IPv6.",
            field="addresses",
        ) from error
    ref = new_ref()
    text = new_token(ref)
    with transaction.atomic():
        client = held_client(client_ref, by=by)
        token = ApiToken(
            ref=ref,
            client=client,
            label=" ".join(label.split()),
            digest=digest_of(text),
            scopes=" ".join(in_order(scopes)),
            addresses=networks,
            begins_on=today,
            expires_on=expires_on,
            made_by_id=by.pk,
        )
        refuse_numbers(token, "label")
        refuse_wrong(token)
        token.save()
        log(by, token, client, {}, _state(token), "发放令牌")
        if TOLD_TO_AUDITORS & set(scopes):
            _tell_auditors(by, token)
    return IssuedToken(token, text)


@transaction.atomic
def revoke_token(*, by: Actor, client_ref: str, ref: str) -> ApiToken:
    """Take a token back: the next call with it is refused. Raises NotAllowedError, NotFoundError, StaleError."""
    check_may_manage(by)
    client = held_client(client_ref, by=by)
    token = client.tokens.select_for_update(of=("self",), no_key=True).filter(ref=ref).first()
    if token is None:
        raise NotFoundError("没有找到这个令牌。", cure=f"The client has no token {ref}.")
    if token.revoked_at is not None:
        raise StaleError("这个令牌已经停用了。", cure="The token was revoked before.")
    before = _state(token)
    token.client = client
    token.revoked_at, token.revoked_by_id = timezone.now(), by.pk
    token.version += 1
    token.save(update_fields=["revoked_at", "revoked_by", "version"])  # a call may note its use meanwhile
    log(by, token, client, before, _state(token), "停用令牌")
    return token


def _tell_auditors(by: Actor, token: ApiToken) -> None:
    text = (
        f"{by}给“{token.client}”发放了令牌（{token.public}）：{token.scope_titles}，到{token.expires_on}为止。"
        f"用途：{token.client.purpose}。读了什么，审计记录里都有。"
    )
    auditors = User.objects.active().filter(role=Role.AUDITOR).select_related("division")
    notify(
        Message(each, "有系统可以读个人信息原文", text, about=token.client.ref, kind="token_issued")
        for each in whose_area_holds(token.client, auditors)
    )


def _refuse_wrong_scopes(scopes: Collection[str]) -> None:
    if unknown := sorted(set(scopes) - set(BY_NAME)):
        raise InvalidError(
            f"没有“{unknown[0][:50]}”这个范围。", cure=f"Scopes are: {', '.join(BY_NAME)}.", field="scopes"
        )
    if not scopes:
        raise InvalidError("请至少选一个范围。", cure="Name at least one scope.", field="scopes")
    for name, needed in NEEDS.items():
        if name in scopes and needed not in scopes:
            raise InvalidError(
                f"“{BY_NAME[name].title}”要和“{BY_NAME[needed].title}”一起选。",
                cure=f"The scope {name} needs {needed}.",
                field="scopes",
            )


def _state(token: ApiToken) -> dict[str, Any]:
    return {name: getattr(token, name) for name in _LOGGED}
