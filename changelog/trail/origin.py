"""Where an event comes from: the address and the browser of the request that is being handled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from django.http import HttpRequest

from changelog.models.trail import TrailRecord
from changzhi_portal.addresses import client_address
from changzhi_portal.personal_numbers import mask_slipped_numbers
from changzhi_portal.records import field_of

_DEVICE_LENGTH = field_of(TrailRecord, "device").max_length
_ADDRESS_LENGTH = field_of(TrailRecord, "address").max_length


class Origin(NamedTuple):
    """The client's address, and what its browser says it is; both "" outside a request, as in a worker or a command."""

    address: str = ""
    device: str = ""


_NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("trail_origin", default=_NOWHERE)


def request_origin() -> Origin:
    """Return the origin of the request that is being handled; a blank one outside a request."""
    return _current.get()


def origin_of(request: HttpRequest) -> Origin:
    """Return the origin of a request. What the browser writes is cut, and numbers in it are masked."""
    device = mask_slipped_numbers(" ".join(request.headers.get("User-Agent", "").split()))
    # The database of PostgreSQL cannot store NUL.
    device = "".join(character for character in device if character.isprintable())
    return Origin(client_address(request)[:_ADDRESS_LENGTH], device[:_DEVICE_LENGTH])


@contextmanager
def coming_from(request: HttpRequest) -> Iterator[None]:
    """Let events inside the context have the origin of this request."""
    token = _current.set(origin_of(request))
    try:
        yield
    finally:
        _current.reset(token)
