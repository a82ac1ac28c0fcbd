"""Sending what is due: several webhooks side by side, the events of each in order, by one worker for some seconds."""

from __future__ import annotations

import datetime
import json
import logging
import random
import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.actions import portal_itself
from changzhi_portal.display import display_value
from changzhi_portal.jobs import Claim
from changzhi_portal.personal import CannotDecryptError
from changzhi_portal.records import field_of
from connections.actions.feed import read_feed
from connections.actions.managing import administrators, log, whose_area_holds
from connections.jobs import TELL, State
from connections.models import Delivery, EventFeed, Webhook, WebhookSecret
from connections.sending import Outcome, Outgoing, post
from notices.actions import Message, notify

logger = logging.getLogger(__name__)
Waits = Delivery.State.WAITING

AT_ONCE: Final = 8  # webhooks that are sent to at the same time
BEGINS_WITHIN: Final = 15  # seconds of one run in which sending begins; beat goes on with what is left
# How long after the 1st, 2nd, … failure is sent again; after the last one it is given up.
DELAYS: Final = tuple(datetime.timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 6 * 60, 12 * 60, 24 * 60))
_JITTER: Final = 0.2  # of the delay at most, so that what failed together is not sent again together
_ERROR_LENGTH: Final = field_of(Delivery, "last_error").max_length
_UNREADABLE: Final = "推送密钥解不开，请更换密钥"


def tell_systems(feed_id: int) -> bool:
    """Read what is new and send what is due; return False when another worker is at it. Safe to run twice.

    Whoever dies in between leaves deliveries behind that are being sent; whoever comes next sends them again.
    """
    claim = TELL.claim(feed_id)
    if claim is None:
        return False
    with claim.guard():
        Delivery.objects.filter(state=Delivery.State.SENDING).update(state=Waits)
        while read_feed() is not None:
            claim.heartbeat()
        _send_all(claim)
        claim.finish(State.IDLE)
    return True


def _send_all(claim: Claim[EventFeed]) -> None:
    """Send what is due, until nothing is or BEGINS_WITHIN is over. Only this thread uses the database."""
    ends_at = time.monotonic() + BEGINS_WITHIN
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        running: dict[Future[Outcome], Delivery] = {}
        while True:
            if time.monotonic() < ends_at:
                _begin(pool, running)
            if not running:
                return
            done, _ = wait(running, timeout=5, return_when=FIRST_COMPLETED)
            claim.heartbeat()
            for future in done:
                write_outcome(running.pop(future), future.result(), now=timezone.now())


def _begin(pool: ThreadPoolExecutor, running: dict[Future[Outcome], Delivery]) -> None:
    """Begin to send to as many more webhooks as there are free threads."""
    busy = {delivery.webhook_id for delivery in running.values()}
    free = AT_ONCE - len(running)
    if free <= 0:
        return
    due = Delivery.objects.due(timezone.now()).exclude(webhook__in=busy)
    for delivery in list(due.select_related("webhook__client__user__division")[:free]):
        sent = Delivery.objects.filter(pk=delivery.pk, state=Waits).update(
            state=Delivery.State.SENDING, attempts=delivery.attempts + 1, last_at=timezone.now()
        )
        if not sent:  # somebody has removed it
            continue
        delivery.attempts += 1
        try:
            outgoing = _outgoing(delivery)
        except CannotDecryptError:
            logger.error("The secret of the webhook %s cannot be decrypted.", delivery.webhook.ref)
            write_outcome(delivery, Outcome(None, _UNREADABLE, 0), now=timezone.now())
        else:
            running[pool.submit(post, outgoing)] = delivery


def _outgoing(delivery: Delivery) -> Outgoing:
    secrets = WebhookSecret.objects.filter(webhook=delivery.webhook_id).signing(timezone.now())
    return Outgoing(
        url=delivery.webhook.url,
        ref=delivery.ref,
        body=body_of(delivery.payload),
        secrets=[each.secret.reveal() for each in secrets],
    )


def body_of(payload: Mapping[str, object]) -> bytes:
    """Return what is sent of a payload: JSON, byte for byte the same at every attempt."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def next_attempt(attempts: int, now: datetime.datetime) -> datetime.datetime | None:
    """Return when is sent again after so many failed attempts; None after the last one."""
    if attempts > len(DELAYS):
        return None
    return now + DELAYS[attempts - 1] * random.uniform(1, 1 + _JITTER)  # noqa: S311 - no secret


def write_outcome(delivery: Delivery, outcome: Outcome, *, now: datetime.datetime) -> None:
    """Store what has become of an attempt, and when the next one is; disable a webhook that has failed for too long."""
    values = {
        "last_status": outcome.status,
        "last_error": outcome.error[:_ERROR_LENGTH],
        "duration_ms": outcome.milliseconds,
    }
    sending = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.SENDING)
    with transaction.atomic():
        if outcome.is_delivered:
            sending.update(state=Delivery.State.DELIVERED, **values)
            Webhook.objects.filter(
                pk=delivery.webhook_id, failing_since__isnull=False, disabled_at__isnull=True
            ).update(failing_since=None)
            return
        again = next_attempt(delivery.attempts, now)
        if again is None:
            sending.update(state=Delivery.State.GIVEN_UP, **values)
        else:
            sending.update(state=Waits, next_at=again, **values)
        _note_failure(delivery.webhook, now)


def _note_failure(webhook: Webhook, now: datetime.datetime) -> None:
    standing = Webhook.objects.filter(pk=webhook.pk, disabled_at__isnull=True)
    if standing.filter(failing_since__isnull=True).update(failing_since=now):
        return
    too_long = now - datetime.timedelta(days=settings.WEBHOOK_DISABLE_AFTER_DAYS)
    failing = standing.filter(failing_since__lte=too_long, is_active=True)
    since = failing.values_list("failing_since", flat=True).first()
    if since is None or not failing.update(disabled_at=now):
        return
    before, after = {"disabled_at": None}, {"disabled_at": now}
    log(portal_itself(), webhook, webhook.client, before, after, "停发推送")
    text = (
        f"从{display_value(since)}起，发给“{webhook.client}”的推送一直没有送达，系统不再往那里发。"
        "请与对方核对接收地址，好了以后在推送的页面上点“恢复”，没有送达的会接着发。"
    )
    url = webhook.get_absolute_url()
    notify(
        Message(each, "对接系统收不到推送", text, url, about=webhook.ref, kind="webhook_disabled")
        for each in whose_area_holds(webhook.client, administrators())
    )
