"""What people do about deliveries: send a test, have one sent again, remove old ones."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from changzhi_portal.refusals import NotFoundError, StaleError
from changzhi_portal.rights import Actor
from connections.actions.managing import check_may_manage, log
from connections.actions.webhooks import held_webhook
from connections.event_kinds import TEST
from connections.jobs import TELL
from connections.models import Delivery, EventFeed, Webhook

State = Delivery.State


@transaction.atomic
def send_test(*, by: Actor, client_ref: str, ref: str) -> Delivery:
    """Queue a test for a webhook, behind what waits. Raises NotFoundError, StaleError for one that is not sent to."""
    check_may_manage(by)
    webhook = held_webhook(client_ref, ref, by=by)
    _refuse_if_silent(webhook)
    now = timezone.now()
    data = {"client": webhook.client.ref, "division": webhook.client.user.division.code}
    payload = {"type": TEST, "timestamp": now.isoformat(timespec="milliseconds"), "data": data}
    delivery = Delivery.objects.create(webhook=webhook, kind=TEST, payload=payload, queued_at=now, next_at=now)
    log(by, delivery, webhook.client, {}, {"kind": TEST}, "发送测试推送")
    TELL.announce(EventFeed.ONLY)
    return delivery


@transaction.atomic
def send_again(*, by: Actor, client_ref: str, ref: str, delivery_ref: str) -> Delivery:
    """Have a delivery sent again, with the same id; one that waits for its next attempt is sent now.

    One that had ended goes behind what waits. Raises NotFoundError, StaleError for one that is being sent, or whose webhook
    is not sent to.
    """
    check_may_manage(by)
    webhook = held_webhook(client_ref, ref, by=by)
    _refuse_if_silent(webhook)
    delivery = webhook.deliveries.select_for_update(of=("self",), no_key=True).filter(ref=delivery_ref).first()
    if delivery is None:
        raise NotFoundError("没有找到这条推送记录，可能已过保存期限。", cure=f"There is no delivery {delivery_ref}.")
    if not delivery.may_be_sent_again:
        raise StaleError("这一条正在发送，请过一会儿刷新页面看结果。", cure="The delivery is being sent.")
    delivery.webhook = webhook
    now = timezone.now()
    before = {"state": delivery.state, "attempts": delivery.attempts}
    if delivery.state != State.WAITING:
        delivery.queued_at = now
    delivery.state, delivery.attempts, delivery.next_at = State.WAITING, 0, now
    delivery.version += 1
    delivery.save(update_fields=["state", "attempts", "queued_at", "next_at", "version"])
    log(by, delivery, webhook.client, before, {"state": delivery.state, "attempts": 0, "again_at": now}, "重新发送推送")
    TELL.announce(EventFeed.ONLY)
    return delivery


def old_deliveries(before: datetime.datetime) -> QuerySet[Delivery]:
    """Return the deliveries that have ended and were queued before a moment, and those that wait in vain since then."""
    return Delivery.objects.filter(queued_at__lt=before).exclude(state=State.SENDING)


def remove_old(before: datetime.datetime) -> int:
    """Remove the deliveries of before a moment; return how many."""
    return old_deliveries(before).delete()[0]


def _refuse_if_silent(webhook: Webhook) -> None:
    if not webhook.is_active or webhook.disabled_at is not None:
        raise StaleError("这个推送停着，请先恢复。", cure="The webhook is paused or disabled.")
