"""Turning what has happened into deliveries, each event once for each webhook that is told of it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from connections.events import newest_seal_number, read_events, told_to
from connections.models import Delivery, EventFeed, Webhook


def start_feed() -> EventFeed:
    """Return the feed. While nobody listens it reads nothing: it then begins at what is sealed now."""
    feed, _ = EventFeed.objects.get_or_create(pk=EventFeed.ONLY, defaults={"seal": newest_seal_number()})
    if not Webhook.objects.listening().exists():
        EventFeed.objects.filter(pk=feed.pk, seal=feed.seal).update(seal=newest_seal_number())
    return feed


def read_feed() -> int | None:
    """Add the deliveries of the next events; return how many, None when there is nothing more to read.

    Deliveries and the place up to which was read are written in one transaction, the place only if nobody else has moved
    it: each event becomes a delivery once, however many workers read.
    """
    feed = EventFeed.objects.filter(pk=EventFeed.ONLY).first()
    if feed is None:
        return None
    # Before the transaction, which on SQLite holds up every other writer.
    reading = read_events(feed.seal)
    if reading.until <= feed.seal:
        return None
    webhooks = list(Webhook.objects.listening().with_client().order_by("pk")) if reading.events else []
    now = timezone.now()
    deliveries = [
        Delivery(
            webhook=webhook,
            kind=event.kind,
            payload=event.payload,
            seal=event.seal,
            made_at=now,
            queued_at=now,
            next_at=now,
        )
        for event in reading.events
        for webhook in webhooks
        if told_to(event, webhook)
    ]
    with transaction.atomic():
        moved = EventFeed.objects.filter(pk=feed.pk, seal=feed.seal).update(seal=reading.until)
        if not moved:
            return 0
        Delivery.objects.bulk_create(deliveries)
    return len(deliveries)
