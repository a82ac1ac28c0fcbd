"""Keeping what a page has found in the cache, under a key that differs after each change of what it was found in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
_SECONDS = 24 * 3_600
Kept = TypeVar("Kept")


def kept(key: str, find: Callable[[], Kept]) -> Kept:
    """Return what is kept under the key, else find and keep it; without a working cache it is found each time.

    `find` must not return None. The key says everything that the answer depends on, the reader's scope included.
    """
    try:
        found: Kept | None = cache.get(key)
    except (OSError, RedisError) as error:
        logger.warning("The cache cannot be read, a page is computed again: %s", error)
        found = None
    if found is not None:
        return found
    fresh = find()
    try:
        cache.set(key, fresh, _SECONDS)
    except (OSError, RedisError) as error:
        logger.warning("The cache cannot be written: %s", error)
    return fresh
