"""Telling other systems as background work: one worker at a time reads the trail for events and sends what is due.

One process alone, so that receivers that do not answer hold up one worker for some seconds at most, and never the clerks'
uploads; within it several addresses are sent to side by side (`connections.actions.sending`).
"""

from __future__ import annotations

from django.utils import timezone

from changzhi_portal.celery import Queue
from changzhi_portal.jobs import JobKind
from connections.events import newest_seal_number
from connections.models import Delivery, EventFeed, Webhook

State = EventFeed.State


def feed_that_is_due() -> list[int]:
    """Return the key of the feed if it is idle and there is something to read or to send."""
    feed = EventFeed.objects.filter(state=State.IDLE).first()
    if feed is None or not (Webhook.objects.listening().exists()):
        return []
    is_due = newest_seal_number() > feed.seal or Delivery.objects.due(timezone.now()).exists()
    return [feed.pk] if is_due else []


# A feed that was put back begins again: what was being sent is sent once more, under the same id.
TELL = JobKind(
    model=EventFeed,
    task="connections.tasks.tell_systems",
    queue=Queue.TARGETS,
    running=State.WORKING,
    failed=State.IDLE,
    find_due=feed_that_is_due,
    message_field=None,
    max_attempts=None,
)
