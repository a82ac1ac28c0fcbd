"""Keeping what a page has found in a cache, under a key that differs after each change of what it was found in.

A new release may find something else in the same: `migrate`, which every start runs, empties this cache (its command in
`changzhi_portal.management`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import caches
from redis import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
_ALIAS = "kept"
_SECONDS = 24 * 3_600
Kept = TypeVar("Kept")


def kept(key: str, find: Callable[[], Kept], *, seconds: int = _SECONDS) -> Kept:
    """Return what is kept under the key, else find and keep it; without a working cache it is found each time.

    `find` must not return None. The key says everything that the answer depends on, the reader's scope included.
    """
    found: Kept | None = look_up(key)
    if found is not None:
        return found
    fresh = find()
    keep(key, fresh, seconds=seconds)
    return fresh


def look_up(key: str) -> Any:
    """Return what is kept under the key; None without it, and without a working cache."""
    try:
        return caches[_ALIAS].get(key)
    except (OSError, RedisError) as error:
        logger.warning("The cache cannot be read, a page is computed again: %s", error)
        return None


def keep(key: str, found: Any, *, seconds: int = _SECONDS) -> None:
    """Keep what was found under the key, for a day by default; do nothing without a working cache."""
    try:
        caches[_ALIAS].set(key, found, seconds)
    except (OSError, RedisError) as error:
        logger.warning("The cache cannot be written: %s", error)


def forget(key: str) -> None:
    """Forget what is kept under the key; without a working cache nothing is kept."""
    try:
        caches[_ALIAS].delete(key)
    except (OSError, RedisError) as error:
        logger.warning("The cache cannot be written: %s", error)


def forget_all() -> None:
    """Empty this cache, and no other: on Redis, where all caches share a database, `clear` would end every session."""
    try:
        if not settings.REDIS_URL:
            caches[_ALIAS].clear()
            return
        with Redis.from_url(settings.CACHES[_ALIAS]["LOCATION"]) as server:
            for key in server.scan_iter(match=f"{settings.CACHES[_ALIAS]['KEY_PREFIX']}:*", count=1_000):
                server.delete(key)
    except (OSError, RedisError) as error:
        logger.warning("The cache cannot be emptied: %s", error)
