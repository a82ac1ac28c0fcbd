"""Registering where a client wants to be told of events, changing and pausing that, removing it, changing its secret."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, NotFoundError, StaleError
from changzhi_portal.rights import Actor
from connections.actions.feed import start_feed
from connections.actions.managing import check_may_manage, held_client, log, refuse_wrong
from connections.event_kinds import BY_NAME, in_order
from connections.models import ApiClient, Delivery, Webhook, WebhookSecret
from connections.models.webhooks import LONGEST_URL, SECRET_OVERLAP
from connections.sending import NotAllowedAddressError, check_url, new_secret, resolve

_LOGGED = ("url", "kinds", "is_active", "disabled_at")


@dataclass(frozen=True, slots=True)
class ShownSecret:
    """A webhook with a new secret, to be shown once to whoever has asked for it; it is stored encrypted."""

    webhook: Webhook
    text: str = field(repr=False)


@sensitive_variables("text")
def add_webhook(*, by: Actor, client_ref: str, url: str, kinds: Collection[str]) -> ShownSecret:
    """Have a client told of events of some kinds at an address from now on, and return the secret that signs them.

    Raises NotAllowedError, NotFoundError, StaleError for a client that is revoked, InvalidError for an unknown kind, none, or
    an address that is wrong or may not be sent to.
    """
    check_may_manage(by)
    _refuse_wrong_kinds(kinds)
    url = checked_url(url)
    text = new_secret()
    with transaction.atomic():
        client = held_client(client_ref, by=by)
        start_feed()
        webhook = Webhook(client=client, url=url, kinds=" ".join(in_order(kinds)), made_by_id=by.pk)
        refuse_wrong(webhook)
        webhook.save()
        WebhookSecret(webhook=webhook, secret=text).save()
        log(by, webhook, client, {}, _state(webhook), "登记推送并显示密钥")
    return ShownSecret(webhook, text)


def edit_webhook(*, by: Actor, client_ref: str, ref: str, version: int, url: str, kinds: Collection[str]) -> Webhook:
    """Change address and kinds; what waits goes to the new address. Raises as `add_webhook`, and StaleError for a version."""
    check_may_manage(by)
    _refuse_wrong_kinds(kinds)
    url = checked_url(url)
    with transaction.atomic():
        webhook = held_webhook(client_ref, ref, by=by, version=version)
        before = _state(webhook)
        names = ["url", "kinds"]
        if url != webhook.url and webhook.disabled_at is None:
            webhook.failing_since = None  # the days on which an address has failed are not those of the next one
            names.append("failing_since")
        webhook.url, webhook.kinds = url, " ".join(in_order(kinds))
        refuse_wrong(webhook)
        if before != _state(webhook):
            _save(webhook, *names)
            log(by, webhook, webhook.client, before, _state(webhook), "修改推送")
    return webhook


@transaction.atomic
def pause_webhook(*, by: Actor, client_ref: str, ref: str) -> Webhook:
    """Send nothing for a time; what happens meanwhile is not told later. Raises StaleError for one that is paused."""
    check_may_manage(by)
    webhook = held_webhook(client_ref, ref, by=by)
    if not webhook.is_active:
        raise StaleError("这个推送已经暂停了。", cure="The webhook is paused.")
    before = _state(webhook)
    webhook.is_active = False
    _save(webhook, "is_active")
    log(by, webhook, webhook.client, before, _state(webhook), "暂停推送")
    return webhook


@transaction.atomic
def resume_webhook(*, by: Actor, client_ref: str, ref: str) -> Webhook:
    """Go on sending after a pause, or after the portal has stopped; what still waits is sent at once.

    Raises StaleError for one that is sent to.
    """
    check_may_manage(by)
    webhook = held_webhook(client_ref, ref, by=by)
    if webhook.is_active and webhook.disabled_at is None:
        raise StaleError("这个推送在用，不用恢复。", cure="The webhook is neither paused nor disabled.")
    before = _state(webhook)
    now = timezone.now()
    start_feed()
    webhook.is_active, webhook.disabled_at, webhook.failing_since, webhook.listens_from = True, None, None, now
    _save(webhook, "is_active", "disabled_at", "failing_since", "listens_from")
    webhook.deliveries.filter(state=Delivery.State.WAITING).update(next_at=now)
    log(by, webhook, webhook.client, before, _state(webhook), "恢复推送")
    return webhook


@transaction.atomic
def remove_webhook(*, by: Actor, client_ref: str, ref: str, version: int) -> ApiClient:
    """Remove a webhook with its secrets and deliveries, and return its client; the change log keeps what it was."""
    check_may_manage(by)
    webhook = held_webhook(client_ref, ref, by=by, version=version)
    log(by, webhook, webhook.client, _state(webhook), {}, "删除推送")
    client = webhook.client
    webhook.delete()
    return client


@sensitive_variables("text")
def change_secret(*, by: Actor, client_ref: str, ref: str, version: int) -> ShownSecret:
    """Give a webhook another secret and return it. The one before signs as well for SECRET_OVERLAP, older ones no more."""
    check_may_manage(by)
    text = new_secret()
    with transaction.atomic():
        webhook = held_webhook(client_ref, ref, by=by, version=version)
        now = timezone.now()
        webhook.secrets.filter(ends_at__isnull=False).delete()
        webhook.secrets.filter(ends_at__isnull=True).update(ends_at=now + SECRET_OVERLAP)
        made = WebhookSecret(webhook=webhook, secret=text, made_at=now)
        made.save()
        _save(webhook)
        log(by, webhook, webhook.client, {"secrets": "旧"}, {"secrets": made.ref}, "更换推送密钥并显示")
    return ShownSecret(webhook, text)


def held_webhook(client_ref: str, ref: str, *, by: Actor, version: int | None = None) -> Webhook:
    """Return a webhook of a client that stands in the area of `by`, both locked until the transaction ends.

    Raises NotFoundError, StaleError for one that was changed since a version, or whose client is revoked.
    """
    client = held_client(client_ref, by=by)
    webhook = client.webhooks.select_for_update(of=("self",), no_key=True).filter(ref=ref).first()
    if webhook is None:
        raise NotFoundError("没有找到这个推送，可能已经删除。", cure=f"The client has no webhook {ref}.")
    if version is not None and webhook.version != version:
        raise StaleError(
            "您打开页面以后，有人改过这个推送，没有保存；请重新打开这一页再办。",
            cure=f"The webhook is at version {webhook.version}, not {version}.",
        )
    webhook.client = client
    return webhook


def checked_url(text: str) -> str:
    """Return an address that may be sent to. Raises InvalidError, also where its host leads into a network that is not allowed.

    A name that cannot be looked up now is taken: each sending looks it up anew and judges what it finds.
    """
    url = text.strip()
    if not url or len(url) > LONGEST_URL:
        raise InvalidError(f"请填写接收地址，最多{LONGEST_URL}个字符。", cure="Give an address.", field="url")
    refuse_personal_numbers(url, what="接收地址", field="url")
    try:
        resolve(check_url(url))
    except NotAllowedAddressError as refusal:
        raise InvalidError(str(refusal), cure="The address may not be sent to.", field="url") from refusal
    except OSError:
        return url
    return url


def _refuse_wrong_kinds(kinds: Collection[str]) -> None:
    if unknown := sorted(set(kinds) - set(BY_NAME)):
        raise InvalidError(
            f"没有“{unknown[0][:50]}”这种事件。", cure=f"Kinds are: {', '.join(BY_NAME)}.", field="kinds"
        )
    if not kinds:
        raise InvalidError("请至少选一种事件。", cure="Name at least one kind.", field="kinds")


def _save(webhook: Webhook, *names: str) -> None:
    """Save some columns and count up the version: sending may write the others meanwhile."""
    webhook.version += 1
    webhook.save(update_fields=[*names, "version"])


def _state(webhook: Webhook) -> dict[str, Any]:
    return {name: getattr(webhook, name) for name in _LOGGED}
