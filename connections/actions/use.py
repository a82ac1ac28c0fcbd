"""Noting when a token was used last."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.db import DatabaseError
from django.utils import timezone

from changzhi_portal.faults import waiting_briefly
from changzhi_portal.records import field_of
from changzhi_portal.sessions import CACHE_ERRORS
from connections.models import ApiToken

logger = logging.getLogger(__name__)
_ADDRESS_LENGTH = field_of(ApiToken, "last_used_from").max_length
_NOTED_EVERY = 60  # seconds: not a write for each call


def note_use(*, token: ApiToken, address: str) -> None:
    """Store that a token is used now from an address, at most once a minute; a call does not fail or wait for it."""
    try:
        if not cache.add(f"token-used:{token.pk}", True, _NOTED_EVERY):
            return
        with waiting_briefly():
            now = timezone.now()
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now, last_used_from=address[:_ADDRESS_LENGTH])
    except (*CACHE_ERRORS, DatabaseError) as error:  # another writer of SQLite; a cache that is away
        logger.info("The use of token %s is not noted: %s", token.public, type(error).__name__)
