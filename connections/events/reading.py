"""Reading the trail for events: from one seal to the next, what lies left of this app never being asked to tell.

Numbers of seals are drawn when their records are seen, so everything up to a number is seen (`changelog/feed.py`): nothing
is passed over, whatever the order in which transactions end, and what was rolled back is not there.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.db.models import Max

from changelog.models import TrailKind, TrailSeal
from changzhi_portal.rights import Area, has_right
from changzhi_portal.scope import scope_path_of
from connections.event_kinds import BY_NAME
from connections.events.facts import Told, events_of_briefings, events_of_changes, events_of_uploads
from connections.models import Webhook

# Kinds of records that may be events.
_TELLING: Final = (TrailKind.CHANGED, TrailKind.IMPORTED, TrailKind.UNDONE, TrailKind.ISSUED)
_AT_ONCE: Final = 200  # records read in one step


class Sealed(NamedTuple):
    """A record of the trail that may be an event, with its place in the chain."""

    seal: int
    at: datetime.datetime
    kind: str
    change_set: int | None
    object_ref: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened. `division` is the one that it concerns; None for what concerns everybody."""

    kind: str
    seal: int
    at: datetime.datetime
    division: Area | None
    data: dict[str, Any]

    @property
    def payload(self) -> dict[str, Any]:
        """Return what is sent: type, timestamp and data, as Standard Webhooks has it."""
        return {"type": self.kind, "timestamp": self.at.isoformat(timespec="milliseconds"), "data": self.data}


@dataclass(frozen=True, slots=True)
class Reading:
    """The events after one seal, in their order, and the seal up to which the trail has been read with them."""

    events: list[Event]
    until: int


def newest_seal_number() -> int:
    """Return the number of the newest seal; 0 without any."""
    return TrailSeal.objects.aggregate(newest=Max("seq"))["newest"] or 0


def read_events(after: int) -> Reading:
    """Return the events among the next records after a seal."""
    newest = newest_seal_number()
    if newest <= after:
        return Reading([], after)
    sealed = TrailSeal.objects.filter(seq__gt=after, seq__lte=newest, record__kind__in=_TELLING).order_by("seq")
    columns = ("seq", "record__made_at", "record__kind", "record__change_set", "record__object_ref")
    records = [Sealed(*row) for row in sealed.values_list(*columns)[:_AT_ONCE]]
    until = records[-1].seal if len(records) == _AT_ONCE else newest
    return Reading(sorted(_events(records), key=lambda event: event.seal), until)


def _events(records: Sequence[Sealed]) -> Iterator[Event]:
    places = {record.change_set: record for record in records if record.change_set is not None}
    for told in (*events_of_uploads(list(places)), *events_of_changes(list(places))):
        yield _event(places[told.key], told)
    issued = {record.object_ref: record for record in records if record.kind == TrailKind.ISSUED}
    for told in events_of_briefings(list(issued)):
        yield _event(issued[told.key], told)


def _event(record: Sealed, told: Told) -> Event:
    return Event(told.kind, record.seal, record.at, told.division, told.data)


def told_to(event: Event, webhook: Webhook) -> bool:
    """Return whether a webhook that listens is told of an event: it has asked for the kind, and its client may see it.

    That is so by the role and the area of the client, whatever its tokens allow; what cannot be decided is not told.
    """
    if event.kind not in webhook.kind_names or event.at < webhook.listens_from:
        return False
    user = webhook.client.user
    path = scope_path_of(user)
    if path is None or not has_right(user, BY_NAME[event.kind].requires):
        return False
    return event.division is None or event.division.path.startswith(path)
